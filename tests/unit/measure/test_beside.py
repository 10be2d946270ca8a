"""What a run does beside its rounds: profiles, traces, and outputs that are held against a reference."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, TraceSlice, Trial
from tests.unit.measure.whole_run import FACTORS, Run


def test_passes_follow_timed_visits_of_the_last_first_rounds(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="busy"))
    profiles = [(entry.rung, entry.round) for entry in recording.of(Profile)]
    assert sorted(profiles) == sorted(
        (rung, number) for rung in ("native-extended", "native-128", "web-worker") for number in (3, 4, 5)
    )
    trials = {(trial.rung, trial.round): trial.ended_s for trial in recording.of(Trial)}
    assert all(one.started_s >= trials[one.rung, one.round] for one in recording.of(Profile))
    traces = list(recording.of(Trace))
    assert [(entry.rung, entry.round) for entry in traces] == [("web", number) for number in (3, 4, 5)]
    assert all(one.started_s >= trials[one.rung, one.round] for one in traces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unprofilable(Machine):
    """Profiles that follow the timed visits of a rung in some rounds fail."""

    kind: str
    rounds: tuple[int, ...]

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        outcome = Machine.profiled(self, job, timed)
        if job.rung != "web-worker" or job.round not in self.rounds:
            return outcome
        return Failure(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            phase="timed",
            kind=self.kind,
            message="no profile",
        )


@pytest.mark.parametrize(
    ("kind", "failing", "profiled"),
    [
        ("crash", (3,), [4, 5]),
        ("timeout", (3,), [4, 5]),
        ("out-of-memory", (4,), [3, 5]),
        ("crash", (3, 4), []),
        ("environment", (3,), []),
    ],
)
def test_one_profile_that_crashes_or_hangs_costs_itself_and_what_cannot_be_profiled_is_not_tried_again(
    run: Run, kind: str, failing: tuple[int, ...], profiled: list[int]
) -> None:
    machine = Unprofilable(latency_ms=ladder_ms(FACTORS), kind=kind, rounds=failing)
    recording = run(machine)
    assert [one.round for one in recording.of(Profile) if one.rung == "web-worker"] == profiled
    assert [one.round for one in recording.of(Failure)] == list(failing)
    assert len([one for one in recording.of(Profile) if one.rung == "native-128"]) == 3


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
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web-busy", 3)]
    (told,) = (one for one in contention(recording).evidence if one.kind == "trace")
    assert told.text.startswith("On the built-in busy page: TimerFire tick (probes_web/pages/busy.mjs:9)")
    assert told.value == pytest.approx(450.0)


def test_beside_a_page_of_the_users_the_built_in_one_is_not_traced(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="app.html"))
    assert [(entry.rung, entry.round) for entry in recording.of(Trace)] == [("web", n) for n in (3, 4, 5)]


def test_once_the_budget_is_long_spent_nothing_stands_in_for_the_page(run: Run) -> None:
    spent = Settings(rungs="main", budget_s=1e-9)
    assert list(run(Machine(latency_ms=ladder_ms(FACTORS)), spent).of(Trace)) == []


def test_wrong_outputs_in_the_browser_are_found_before_any_time_counts(run: Run) -> None:
    wrong = Machine(latency_ms=ladder_ms(FACTORS), wrong_outputs=frozenset({"web-paced", "web-graph"}))
    assert build(run(wrong)).status == "outputs-differ"
