"""From a tour to the selftest's report. Pure."""

from collections.abc import Sequence
from typing import Literal

from gapprof import __version__
from gapprof.errors import GapprofError
from gapprof.explain.recorded import ending
from gapprof.records.recording import MachineFacts, Recording, RoundStarted
from gapprof.records.report import Tool
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.selftest.judge import rows
from gapprof.selftest.judges.evidence import LEVEL
from gapprof.selftest.plan import Plan
from gapprof.text import numbers

_NOTHING = "nothing that is planted is possible on this machine"


def unusable(reason: GapprofError, *, argv: tuple[str, ...], machine: MachineFacts, seed: int) -> Selftest:
    """Where nothing could be measured at all."""
    return Selftest(
        status="unusable",
        why=reason.message,
        tool=Tool(version=__version__, argv=argv),
        machine=machine,
        began_utc="",
        seed=seed,
        rounds=0,
        environments=0,
        took_s=0.0,
        level=LEVEL,
        rows=(),
    )


def selftest_of(plan: Plan, recording: Recording) -> Selftest:
    """Judged only if the last round was reached: a plant that was cut short failed at nothing."""
    end, begin = recording.end, recording.begin
    finished = ending(recording) == "ok"
    judged: tuple[SelftestRow, ...] = rows(plan, recording) if finished else ()
    status = _status(judged) if finished else "interrupted"
    return Selftest(
        status=status,
        why=_NOTHING if status == "unusable" else _not_shown(judged),
        tool=Tool(version=begin.gapprof_version, argv=begin.argv),
        machine=begin.machine,
        began_utc=begin.began_utc,
        seed=begin.settings.seed,
        rounds=sum(1 for _ in recording.of(RoundStarted)),
        environments=len(plan.stops),
        took_s=end.at_s if end else 0.0,
        level=LEVEL,
        rows=judged,
    )


def _not_shown(judged: Sequence[SelftestRow]) -> str:
    """Whoever reads the status alone would take a pass for one of all rows."""
    impossible = sum(row.status == "impossible" for row in judged)
    rows_in_all = numbers.many(len(judged), "row")
    return f"{impossible} of {rows_in_all} impossible on this machine" if impossible else ""


def _status(judged: Sequence[SelftestRow]) -> Literal["passed", "failed", "unreliable", "unusable"]:
    """A run in which no row was judged has shown nothing."""
    found = {row.status for row in judged}
    if "fail" in found:
        return "failed"
    if "vague" in found:
        return "unreliable"
    return "passed" if "pass" in found else "unusable"
