"""A report's figures, held against the trials of the very run that it tells of and of no other machine."""

import math
from statistics import fmean

import pytest

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds, measured, standing
from gapprof.facts.computed import computed
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow


def times(recording: Recording, source: str, to: str) -> float:
    """How many times slower the rung `to` was than `source`: geometric mean over rounds that have both."""
    case = Case(recording)
    found = case.get(computed)
    cells = {**case.get(measured), **{name: rung.by_round_ms for name, rung in found.items()}}
    rounds = set(cells[source]) & set(cells[to])
    if {source, to} <= case.get(standing) | found.keys():
        rounds &= set(case.get(complete_rounds))
    return math.exp(fmean(math.log(cells[to][number] / cells[source][number]) for number in rounds))


def assert_reads(row: CauseRow, recording: Recording, source: str, to: str) -> None:
    """The row is made of this step, its factor is what the trials gave, its verdict what the interval allows.

    Verdicts hold all together: they are made from wider intervals than those of 95 % that a row shows.
    """
    assert (row.contrasts[0].source, row.contrasts[0].target) == (source, to)
    assert row.factor is not None, row.why
    assert row.factor.point == pytest.approx(times(recording, source, to))
    if row.verdict == "costs":
        assert row.factor.low > 1
    if row.verdict == "saves":
        assert row.factor.high < 1
