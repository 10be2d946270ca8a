"""What a run does beside its rounds: profiles, traces, and outputs that are held against a reference."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from gapprof.backends.replay import replay
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, TraceSlice, Trial
from tests.failing import failing
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
class Impassable(Machine):
    """Passes that follow the timed visits of a rung in some rounds fail."""

    kind: str
    rounds: tuple[int, ...]

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        outcome = Machine.profiled(self, job, timed)
        fails = job.rung == "web-worker" and job.round in self.rounds
        return failing(job, self.kind) if fails else outcome

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        outcome = Machine.traced(self, job, timed)
        fails = job.rung == "web" and job.round in self.rounds
        return failing(job, self.kind) if fails else outcome


@pytest.mark.parametrize(("of", "rung"), [(Profile, "web-worker"), (Trace, "web")])
@pytest.mark.parametrize(
    ("kind", "failing", "passed"),
    [
        ("crash", (3,), [4, 5]),
        ("timeout", (3,), [4, 5]),
        ("out-of-memory", (4,), [3, 5]),
        ("crash", (3, 4), []),
        ("environment", (3,), []),
    ],
)
def test_one_pass_that_crashes_or_hangs_costs_itself_and_what_has_none_is_not_tried_again(
    run: Run, of: type[Profile | Trace], rung: str, kind: str, failing: tuple[int, ...], passed: list[int]
) -> None:
    machine = Impassable(latency_ms=ladder_ms(FACTORS), kind=kind, rounds=failing)
    recording = run(machine, Settings(rungs="main", page="app.html"))
    assert [one.round for one in recording.of(of) if one.rung == rung] == passed
    assert [one.round for one in recording.of(Failure) if one.rung == rung] == list(failing)
    assert len([one for one in recording.of(Profile) if one.rung == "native-128"]) == 3
    trials = [(one.round, one.struck) for one in recording.of(Trial) if one.rung == rung and one.round >= 0]
    assert trials == [(number, ()) for number in range(6)], "a visit whose pass fails counts, once"


def test_a_backend_without_traces_is_visited_once(run: Run) -> None:
    class Untraceable(Machine):
        def traced(self, _job: Job, _timed: Callable[[Trial], None]) -> Trace | Failure | None:
            return None

    recording = run(Untraceable(latency_ms=ladder_ms(FACTORS)), Settings(rungs="main", page="app.html"))
    assert [one.round for one in recording.of(Trial) if one.rung == "web" and one.round >= 0] == list(
        range(6)
    )
    assert not list(recording.of(Trace))


def test_a_recording_without_traces_is_replayed_visit_by_visit(run: Run) -> None:
    measured = run(
        Machine(latency_ms=ladder_ms(FACTORS), noise=0.01), Settings(rungs="main", page="app.html")
    )
    kept = replace(measured, entries=tuple(one for one in measured.entries if not isinstance(one, Trace)))
    again = run(replay(kept), Settings(rungs="main", page="app.html"), name="again")
    figures = [[one.samples_ms for one in run.of(Trial) if one.round >= 0] for run in (measured, again)]
    assert figures[0] == figures[1]


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
