"""Rounds over cells: every cell once, in an order shuffled by the seed and the round."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from gapprof.lattice.visits import CellVisits
from gapprof.records.lattice import Cell, Kind
from gapprof.records.trial import Failure

_MOST_FAILURES = 2
"""Rounds without a single sample, after which a cell is not visited again: one may be bad luck."""
Stop = Callable[[int], None]
"""What is visited in a round among the cells, and writes down by itself what it finds."""


def in_rounds(
    visits: CellVisits,
    cells: Sequence[Cell],
    numbers: Sequence[int],
    kind: Kind,
    tell: Callable[[int], None],
    *,
    among: Sequence[Stop] = (),
) -> None:
    """Visit; what fails is written, and left alone where it goes on failing or computes something else.

    `tell`: before each visit.
    """
    failures: Counter[Cell] = Counter()
    for number in numbers:
        order = np.random.default_rng([visits.seed, number]).permutation(len(cells) + len(among))
        for place in order:
            if place >= len(cells):
                tell(number)
                among[place - len(cells)](number)
                continue
            cell = cells[place]
            if failures[cell] >= _MOST_FAILURES or visits.wrong(cell):
                continue
            tell(number)
            outcome = visits.visited(cell, number, kind)
            if isinstance(outcome, Failure):
                failures[cell] += _MOST_FAILURES if outcome.kind == "model" else 1
