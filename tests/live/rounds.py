"""Whole runs of as few rounds as have an interval, where no claim is about how wide that is."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ROUNDS = 2


@contextmanager
def few_rounds() -> Iterator[None]:
    """Within it a run of a small budget has two rounds instead of three."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("spending", "stages"):
            patch.setattr(f"gapprof.measure.{module}.FEWEST_ROUNDS", ROUNDS)
        yield
