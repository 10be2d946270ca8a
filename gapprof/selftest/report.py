"""From a tour to the selftest's report. Pure."""

from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.report import Tool
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.selftest.judge import rows
from gapprof.selftest.judges.evidence import LEVEL
from gapprof.selftest.plan import Plan


def selftest_of(plan: Plan, recording: Recording) -> Selftest:
    """Judged only if the last round was reached: a plant that was cut short failed at nothing."""
    end, begin = recording.end, recording.begin
    finished = end is not None and end.reason == "finished"
    judged: tuple[SelftestRow, ...] = rows(plan, recording) if finished else ()
    passed = all(row.status != "fail" for row in judged)
    return Selftest(
        status=("passed" if passed else "failed") if finished else "interrupted",
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
