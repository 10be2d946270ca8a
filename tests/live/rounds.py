"""Whole runs of as few rounds as have an interval, where no claim is about how wide that is."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ROUNDS = 2
SIDE_ROUNDS = 1
"""Of what stands beside the ladder: a figure, which is all that is claimed of it."""


@contextmanager
def few_rounds() -> Iterator[None]:
    """Within it a run of a small budget has two rounds instead of three, and one for side rungs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("spending", "stages"):
            patch.setattr(f"gapprof.measure.{module}.FEWEST_ROUNDS", ROUNDS)
            patch.setattr(f"gapprof.measure.{module}.SIDE_ROUNDS", SIDE_ROUNDS)
        patch.setattr("gapprof.measure.reproducing.ROUNDS", ROUNDS)
        yield
