"""What tests of published reports share: reports by their recordings, and how figures of a page compare."""

from functools import cache
from pathlib import Path

from gapprof import analyze
from gapprof.digest.in_worker import left_alone
from gapprof.facts.profiles import NATIVE, WEB
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.trial import Profile
from gapprof.stats.contrast import FEWEST_PASSES

REPORTS = Path(__file__).parents[2] / "reports"
LONG_ENOUGH_MS = 1.0
"""A run of which can be told by its operators' times on one thread."""
CLOSES = (0.95, 1.05)
SIDES = {NATIVE: "natively", WEB: "in the browser"}
report_of = cache(analyze)


def operators_add_up(found: Report, recording: Recording) -> None:
    """To an unprofiled run, on both sides, each long enough, by what other passes say of its kernels.

    Of fewer passes than decide anything the worst is told. Where that one does not add up, the report calls
    the operators' times approximate; otherwise nobody does.
    """
    took = {rung.id: rung.latency_ms for rung in found.rungs}
    closures = {
        side: found.overhead[f"{name}_profile_closure"]
        for side, name in ((NATIVE, "native"), (WEB, "web"))
        if (latency := took[side]) is not None and latency.point > LONG_ENOUGH_MS
    }
    assert closures.keys() == {NATIVE, WEB}
    apart = {side for side, one in closures.items() if one is None or not CLOSES[0] <= one <= CLOSES[1]}
    assert apart <= {side for side in closures if passes(recording, side) < FEWEST_PASSES}, closures
    (said,) = [text for text in found.warnings if "operator times are approximate" in text] or [""]
    assert {side for side, words in SIDES.items() if f" % {words}" in said} == apart


def passes(recording: Recording, rung: str) -> int:
    """With the profiler."""
    return sum(one.rung == rung and bool(one.nodes) for one in recording.of(Profile))


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


TAKEN_CORE = (14.8 / 16.4 * 22.5 / 17.5 * 14.6 / 9.8) ** (1 / 3)
"""What a worker was first seen to cost components: table, form and SVG took 14.8, 22.5 and 14.6 ms, and 16.4,
17.5 and 9.8 at rest; the geometric mean of the three, 1.20x."""


def no_more_than_a_core(times: Estimate | None) -> None:
    """Not more than that beyond doubt, which says little of a wide interval: that of all models says more."""
    assert times is not None
    assert times.rounds > 1
    assert times.low <= TAKEN_CORE


def worse(times: Estimate | None) -> None:
    """Than at rest, beyond doubt."""
    assert times is not None
    assert times.rounds > 1
    assert times.low > 1


def as_at_rest(times: Estimate | None) -> None:
    """By an interval that says so: one that holds everything does not."""
    assert left_alone(times)
