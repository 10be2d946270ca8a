"""Rounds of a whole run: how many there are, which rungs they visit, and which they give up."""

from collections import deque
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.explain.report import build
from gapprof.measure import run as whole
from gapprof.measure.fastest import LONGEST_WAIT_MS, Fastest
from gapprof.measure.journal import Journal
from gapprof.measure.spending import FIRST_WAITS_SHARE
from gapprof.measure.waits import Waits
from gapprof.records.job import Job
from gapprof.records.progress import Progress
from gapprof.records.recording import Note, RoundStarted, Sampled
from gapprof.records.settings import Settings
from gapprof.records.trial import CoreWork, Failure, Trial
from tests.unit.measure.whole_run import FACTORS, Run


def test_a_quiet_machine_takes_six_rounds_and_every_main_rung_in_each(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)))
    rounds = list(recording.of(RoundStarted))
    assert len(rounds) == 6
    assert len({frozenset(entry.order) - {"web-busy"} for entry in rounds}) == 1
    assert len({entry.order for entry in rounds}) > 1, "visit orders are shuffled"
    (sampled,) = recording.of(Sampled)
    assert (sampled.rounds, sampled.limited_by) == (6, "precision")


def test_the_first_ranking_waits_for_no_second_visit(run: Run) -> None:
    first, *later = (entry.order for entry in run(Machine(latency_ms=ladder_ms(FACTORS))).of(RoundStarted))
    assert len(first) == len(set(first))
    for order in later:
        twice = {rung for rung in order if order.count(rung) == 2}
        assert twice == {"native", "native-threads", "native-extended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Machine):
    """Keeps what it was asked."""

    jobs: list[Job]

    def timed(self, job: Job) -> Trial | Failure:
        self.jobs.append(job)
        return Machine.timed(self, job)


def test_the_first_ranking_is_kept_waiting_for_a_share_of_what_it_takes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all waits of its round together; later rounds have all that is left."""

    def looked(*, waits: Waits) -> Fastest:
        return Fastest(left_s=60.0, waits=waits, _seen=deque([(100.0,)]))

    monkeypatch.setattr(whole, "Fastest", looked)
    machine = Asked(latency_ms=ladder_ms(FACTORS), jobs=[])
    recording = run(machine)
    assert recording.preflight is not None
    first, *_ = recording.of(RoundStarted)
    expected_s = sum(recording.preflight.expected_trial_s[rung] for rung in first.order)
    longest_ms = {job.round: job.core_speed and job.core_speed.longest_wait_ms for job in machine.jobs}
    assert longest_ms[-1] is None
    assert longest_ms[0] == pytest.approx(FIRST_WAITS_SHARE * expected_s * 1e3)
    assert {longest_ms[number] for number in longest_ms if number > 0} == {LONGEST_WAIT_MS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowAtFirst(Machine):
    """Whose core is slow in a rung's first visits, and the rung three times as slow with it."""

    rung: str
    visits: int
    seen: list[int]

    def timed(self, job: Job) -> Trial | Failure:
        trial = Machine.timed(self, job)
        if not isinstance(trial, Trial) or job.round < 0:
            return trial
        slow = job.rung == self.rung and len(self.seen) < self.visits
        if slow:
            self.seen.append(job.round)
        work = CoreWork(
            fastest_us=(100.0,),
            before_us=(100.0,),
            after_us=(180.0 if slow else 101.0,),
            used=(),
            waited_ms=0.0,
        )
        times = tuple(3.0 * ms if slow else ms for ms in trial.samples_ms)
        return replace(trial, samples_ms=times, load=replace(trial.load, core_work=work))


def looked_at_one_core(*, waits: Waits) -> Fastest:
    return Fastest(left_s=60.0, waits=waits, _seen=deque([(100.0,)]))


def test_what_the_first_round_timed_on_slow_cores_is_visited_anew_once_the_ranking_stands(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "Fastest", looked_at_one_core)
    rankings: list[int] = []

    def watch(progress: Progress) -> None:
        if progress.recording is not None and not rankings:
            rankings.append(sum(trial.round == 0 for trial in progress.recording.of(Trial)))

    quick, slow = (
        SlowAtFirst(latency_ms=ladder_ms(FACTORS), rung="native-threads", visits=visits, seen=[])
        for visits in (0, 1)
    )
    plain, anew = run(quick, name="plain"), run(slow, name="anew", observer=watch)
    first = [trial for trial in anew.of(Trial) if (trial.rung, trial.round) == ("native-threads", 0)]
    assert [(trial.attempt, trial.struck) for trial in first] == [(0, ()), (1, ())]
    assert rankings == [sum(trial.round == 0 for trial in plain.of(Trial))], (
        "the ranking does not wait for it"
    )
    assert build(anew).gap.ratio == build(plain).gap.ratio
    told = {row.id: row for row in build(anew).checks}["core-speed"]
    assert told.status == "pass", "a trial that does not count says nothing"


def test_a_first_round_on_cores_that_stay_slow_is_visited_anew_only_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later one counts, as slow as it was, and is told."""
    monkeypatch.setattr(whole, "Fastest", looked_at_one_core)
    recording = run(SlowAtFirst(latency_ms=ladder_ms(FACTORS), rung="native-threads", visits=99, seen=[]))
    visits = [
        trial.round for trial in recording.of(Trial) if trial.rung == "native-threads" and trial.round >= 0
    ]
    assert visits.count(0) == 2
    assert {row.id: row for row in build(recording).checks}["core-speed"].status == "unknown"


def test_of_the_ends_alone_there_are_three_rounds_and_a_report_that_says_so(run: Run) -> None:
    recording = run(
        Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="ends", page="app.html", allow_noisy=True)
    )
    assert {trial.rung for trial in recording.of(Trial) if trial.round >= 0} == {
        *("native", "web-paced", "web", "web-busy")
    }
    assert [one.rounds for one in recording.of(Sampled)] == [3]
    report = build(recording)
    assert report.gap.ratio is not None
    assert report.status == "ok"
    refused = {row.id: row.refusal for row in report.rungs}
    assert refused["native-128"] == "not asked for"


def test_noise_beyond_the_precision_buys_more_rounds_decided_once(run: Run) -> None:
    noisy = Machine(latency_ms=ladder_ms(FACTORS), launch_noise=0.06, seed=3)
    recording = run(noisy, Settings(rungs="main", budget_s=10_000.0))
    (sampled,) = recording.of(Sampled)
    rounds = list(recording.of(RoundStarted))
    assert sampled.rounds > 6
    assert len(rounds) == sampled.rounds


def test_side_rungs_are_visited_with_their_parents_in_rounds_of_their_own(run: Run) -> None:
    recording = run(Machine(latency_ms=ladder_ms(FACTORS)), Settings(rungs="native-avx2"))
    side = [entry for entry in recording.of(RoundStarted) if entry.kind == "side"]
    assert len(side) == 3
    assert set(side[0].order) == {"native-avx2", "native-extended"}


def test_a_crash_is_retried_once_and_the_rest_goes_on(run: Run) -> None:
    once = PlantedFailure(rung="web-graph", message="the page crashed", rounds=frozenset({2}))
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(once,)))
    assert [(f.rung, f.round, f.attempt) for f in recording.of(Failure)] == [
        ("web-graph", 2, 0),
        ("web-graph", 2, 1),
    ]
    counted = {t.round for t in recording.of(Trial) if t.rung == "web-graph" and not t.struck}
    assert counted == {0, 1, 3, 4, 5}
    assert build(recording).gap.ratio is not None


def test_one_bad_round_does_not_lose_a_rung_that_is_visited_twice_in_it(run: Run) -> None:
    once = PlantedFailure(rung="native-extended", message="it crashed", rounds=frozenset({1}))
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(once,)))
    assert {t.round for t in recording.of(Trial) if t.rung == "native-extended"} == {0, 2, 3, 4, 5}


def test_a_rung_that_fails_twice_running_is_given_up(run: Run) -> None:
    always = PlantedFailure(rung="web-graph", message="the page crashed")
    recording = run(Machine(latency_ms=ladder_ms(FACTORS), failures=(always,)))
    assert {f.round for f in recording.of(Failure)} == {0, 1}
    assert build(recording).status == "partial"


HUNG_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging(Machine):
    """Every visit takes two seconds, and that of a planted failure all the time that there is for it."""

    clock: list[float]

    def timed(self, job: Job) -> Trial | Failure:
        outcome = Machine.timed(self, job)
        self.clock[0] += HUNG_S if isinstance(outcome, Failure) else 2.0
        return outcome


@pytest.mark.parametrize("number", [0, 3])
def test_a_visit_that_hangs_is_no_measure_of_what_others_take(
    number: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of those of the first stage, which a slow first round cuts down, nor of how many follow."""
    clock, projected_s = [0.0], list[float]()

    def seen(progress: Progress) -> None:
        if progress.projected_s is not None:
            projected_s.append(progress.projected_s - clock[0])

    monkeypatch.setattr(Journal, "now_s", lambda _: clock[0])
    hung = PlantedFailure(rung="web-graph", message="no answer", kind="timeout", rounds=frozenset({number}))
    machine = Hanging(latency_ms=ladder_ms(FACTORS), launch_noise=0.06, seed=3, clock=clock, failures=(hung,))
    recording = run(machine, Settings(rungs="main", budget_s=2200.0), observer=seen)
    assert len([one for one in recording.of(Failure) if one.round == number]) == 2
    (sampled,) = recording.of(Sampled)
    assert sampled.limited_by == "precision"
    assert max(projected_s) < 2.0 * sampled.rounds * max(len(one.order) for one in recording.of(RoundStarted))
    assert not [one.text for one in recording.of(Note) if "longer than the budget" in one.text]
    assert {one.rung for one in recording.of(Trial) if one.round == 5} >= {"web-busy", "web-graph"}
