"""What a run does beside its rounds: profiles, traces, and outputs that are held against a reference."""

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from gapprof.records.trial import Profile, Trace, TraceSlice, Trial
from tests.unit.measure.whole_run import FACTORS, Run


def test_profiles_follow_timed_visits_of_the_last_first_rounds(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="busy"))
    profiles = [(entry.rung, entry.round) for entry in recording.of(Profile)]
    assert sorted(profiles) == sorted(
        (rung, number) for rung in ("native-extended", "native-128", "web-worker") for number in (3, 4, 5)
    )
    trials = {(trial.rung, trial.round): trial.ended_s for trial in recording.of(Trial)}
    assert all(one.started_s >= trials[one.rung, one.round] for one in recording.of(Profile))
    assert {entry.rung for entry in recording.of(Trace)} == {"web"}


BUSY_TIMER = TraceSlice(
    thread="CrRendererMain",
    name="TimerFire",
    detail="tick (probes_web/pages/busy.mjs:9)",
    count=30,
    wall_ms=450.0,
    cpu_ms=None,
)
"""In one second."""


def contention(recording: Recording) -> CauseRow:
    return next(row for row in build(recording).causes if row.id == "contention")


def test_where_the_page_is_quiet_the_built_in_busy_page_is_traced_once_in_its_stead(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), work={"web-busy": (BUSY_TIMER,)}))
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web-busy", 0)]
    (told,) = (one for one in contention(recording).evidence if one.kind == "trace")
    assert told.text.startswith("On the built-in busy page: TimerFire tick (probes_web/pages/busy.mjs:9)")
    assert told.value == pytest.approx(450.0)


def test_beside_a_page_of_the_users_the_built_in_one_is_not_traced(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="app.html"))
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web", n) for n in range(3)]


def test_once_the_budget_is_long_spent_nothing_stands_in_for_the_page(run: Run) -> None:
    spent = Settings(rungs="main", budget_s=1e-9)
    assert list(run(Machine(latency_ms=ladder_ms(FACTORS)), spent).of(Trace)) == []


def test_wrong_outputs_in_the_browser_are_found_before_any_time_counts(run: Run) -> None:
    wrong = Machine(latency_ms=ladder_ms(FACTORS), wrong_outputs=frozenset({"web-paced", "web-graph"}))
    assert build(run(wrong)).status == "outputs-differ"
