"""Whole runs of as few rounds as claims need: none is about how wide an interval is."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ROUNDS = 2
"""As few as have an interval."""
SIDE_ROUNDS = 1
"""Of what stands beside the ladder: a figure, which is all that is claimed of it."""


@contextmanager
def few_rounds(rounds: int = ROUNDS) -> Iterator[None]:
    """Within it a run of a small budget has so many instead of three, and one for side rungs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("spending", "stages"):
            patch.setattr(f"gapprof.measure.{module}.FEWEST_ROUNDS", rounds)
            patch.setattr(f"gapprof.measure.{module}.SIDE_ROUNDS", SIDE_ROUNDS)
        patch.setattr("gapprof.measure.reproducing.ROUNDS", ROUNDS)
        yield
