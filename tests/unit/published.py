"""What tests of published reports share: reports by their recordings, and how figures of a page compare."""

from functools import cache
from pathlib import Path

from gapprof import analyze
from gapprof.digest.in_worker import left_alone
from gapprof.records.estimate import Estimate

REPORTS = Path(__file__).parents[2] / "reports"
report_of = cache(analyze)


def says_of_a_worker_what_is_slower_and_nothing_else(recording: Path) -> None:
    """Beyond doubt, as its report in Markdown has it."""
    found = report_of(recording).qoe
    assert found is not None
    lines = recording.with_suffix(".md").read_text(encoding="utf-8").splitlines()
    sentences = [line for line in lines if line.startswith(("- A worker leaves frames", "- In a worker, "))]
    rows = {row.id: row.worker_times for row in found.rows}
    for measured, named in (("components", "a component takes"), ("event-p50", "a click's answer takes")):
        assert any(named in one for one in sentences) == slower(rows.get(measured)), measured


def below(worker: Estimate | None, main: Estimate | None) -> bool:
    """The whole interval below the other one: both are times what it takes at rest."""
    return worker is not None and main is not None and worker.rounds > 1 and worker.high < main.low


def slower(times: Estimate | None) -> bool:
    """Beyond doubt."""
    return times is not None and times.rounds > 1 and times.low > 1


def worse(times: Estimate | None) -> None:
    """Than at rest, beyond doubt."""
    assert times is not None
    assert times.rounds > 1
    assert times.low > 1


def as_at_rest(times: Estimate | None) -> None:
    """By an interval that says so: one that holds everything does not."""
    assert left_alone(times)
