"""Recordings that gapprof itself wrote, and the reports that come of them."""

import functools
from pathlib import Path

from gapprof import Report, analyze
from gapprof.facts.case import Case
from gapprof.recordings import read_run
from gapprof.records.report import CauseRow, CheckRow, Evidence, with_descendants
from gapprof.records.surface import Surface
from gapprof.render import terminal

REPORTS = Path(__file__).parents[2] / "reports"


@functools.cache
def report(name: str) -> Report:
    """`zoo/NAME`, `compare/NAME`, `scenarios/NAME`; how it was made stands beside it, or in the script."""
    return analyze(REPORTS / f"{name}.jsonl")


def case(name: str) -> Case:
    """What lies under the report of that name."""
    return Case(read_run(REPORTS / f"{name}.jsonl"))


def text(found: Report) -> str:
    """Everything that a terminal shows with -v, as one line."""
    return " ".join(terminal.RENDERER.render(found, Surface(width=160, detail=True)).split())


def cause(found: Report, name: str) -> CauseRow:
    """One of the six."""
    return next(row for row in found.causes if row.id == name)


def child(found: Report, name: str, part: str) -> CauseRow:
    """A part of a cause."""
    return next(row for row in cause(found, name).children if row.id == part)


def row(found: Report, name: str) -> CauseRow:
    """A cause, or whatever part of one."""
    return next(one for one in with_descendants(found.causes) if one.id == name)


def check(found: Report, name: str) -> CheckRow:
    """One check."""
    return next(row for row in found.checks if row.id == name)


def told(row: CauseRow, word: str) -> Evidence:
    """The evidence that has this word in it."""
    return next(one for one in row.evidence if word in one.text)


def factor(row: CauseRow) -> float:
    """Of a cause that was measured."""
    assert row.factor is not None, row.why
    return row.factor.point
