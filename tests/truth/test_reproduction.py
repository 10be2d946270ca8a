"""Conditions planted in a machine are measured, combined, made all at once, and told for what they give."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.observed import reproduction_rows, reproduction_sentences
from gapprof.explain.report import build
from gapprof.facts.conditions import CONDITION_RUNGS, STUDY
from gapprof.measure.reproducing import ROUNDS
from gapprof.measure.spending import SIDE_ROUNDS
from gapprof.records.codec import decode_recording, encode_report
from gapprof.records.environment import Setting
from gapprof.records.impossible import impossible
from gapprof.records.job import Job
from gapprof.records.lattice import Cell, CellVisit, Combination
from gapprof.records.recording import Note, Recording
from gapprof.records.sections.observed import Reproduced, Reproduction
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, Trial
from tests.truth.test_whole_run import run

COLD = 2.2
CREATE_MS = Machine(latency_ms={}).start_up_ms["web"]["create"]
PLANTED: Mapping[str, float] = {"load": 1.6, "devtools": 3.0, "main": 1.25, "unisolated": 1.5}
"""Condition → how many times slower; the page is isolated, quiet, and has its model in a worker."""
PAGE = Settings(threads=2, where="worker", budget_s=1.0)
Conditions = frozenset[str]


def held(setting: Setting) -> Conditions:
    """Conditions that a visit has."""
    found = {
        "load": setting.page == "busy",
        "devtools": setting.debugger,
        "main": setting.where == "main",
        "unisolated": not setting.isolated,
    }
    return frozenset(name for name, true in found.items() if true)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioned:
    """What a visit takes depends on its conditions alone, and on what two of them do to one another."""

    together: Callable[[Conditions], float] = lambda _: 1.0
    refusing: Callable[[Setting], str | None] = lambda _: None
    id: str = "conditioned"

    @property
    def machine(self) -> Machine:
        return Machine(latency_ms=ladder_ms({"web-worker": 5.0}), noise=0.01, weather=self._ln_times)

    def refuse(self, setting: Setting) -> str | None:
        return self.refusing(setting)

    def timed(self, job: Job) -> Trial | Failure:
        outcome = self.machine.timed(job)
        if isinstance(outcome, Failure) or job.setting.backend == "native":
            return outcome
        first_ms = COLD * self.machine.latency_ms[job.rung] * math.exp(self._ln_times(job))
        return replace(outcome, warmup_ms=(first_ms, *outcome.warmup_ms[1:]))

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        return self.machine.profiled(job, timed)

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        return self.machine.traced(job, timed)

    def _ln_times(self, job: Job) -> float:
        if job.setting.backend == "native":
            return 0.0
        conditions = held(job.setting)
        return math.log(math.prod(PLANTED[one] for one in conditions) * self.together(conditions))


def measured(folder: Path, times: float, machine: Conditioned, settings: Settings = PAGE) -> Recording:
    """A whole run, for a latency that is so many times that of the page as deployed."""
    deployed_ms = ladder_ms({"web-worker": 5.0})["web"]
    return run(machine, folder, replace(settings, observed_ms=times * deployed_ms))


def told(recording: Recording) -> Reproduction:
    found = build(recording).reproduction
    assert found is not None
    return found


def combination(found: Reproduction) -> Reproduced:
    (made,) = (one for one in found.rows if one.measured_ms is not None)
    return made


def test_every_condition_is_visited_whatever_the_budget_and_rungs(tmp_path: Path) -> None:
    """A second is no budget at all, and only the main rungs are named."""
    recording = measured(tmp_path, 1.0, Conditioned(), replace(PAGE, rungs="main"))
    rungs = {trial.rung for trial in recording.of(Trial) if trial.round >= 0}
    assert set(CONDITION_RUNGS) - rungs == {"web-in-worker", "web-isolated"}  # as it is deployed
    for rung in set(CONDITION_RUNGS) & rungs:
        assert len({trial.round for trial in recording.of(Trial) if trial.rung == rung}) >= SIDE_ROUNDS, rung
    times = {one.conditions: one.times for one in told(recording).rows if len(one.conditions) == 1}
    assert times["a busy page",] == pytest.approx(1 / 1.6, rel=0.03)
    assert times["DevTools open (its debugger is on)",] == pytest.approx(1 / 3.0, rel=0.03)
    assert times["on the main thread",] == pytest.approx(1 / 1.25, rel=0.03)
    assert times["without cross-origin isolation",] == pytest.approx(1 / 1.5, rel=0.03)
    assert times["the first run",] == pytest.approx(1 / COLD, rel=0.03)
    assert told(recording).not_measured == ()


def test_what_it_takes_beyond_the_budget_is_said(tmp_path: Path) -> None:
    nothing = replace(PAGE, budget_s=1e-3)
    notes = [one.text for one in measured(tmp_path, 1.0, Conditioned(), nothing).of(Note)]
    assert any(text.startswith("--observed-ms takes 3 rounds of its own, about ") for text in notes)


def test_without_a_latency_that_was_seen_no_condition_is_visited_for_its_own_sake(tmp_path: Path) -> None:
    recording = run(Conditioned(), tmp_path, PAGE)
    rungs = {trial.rung for trial in recording.of(Trial)}
    assert not {"web-unisolated", "web-on-main"} & rungs


def test_conditions_that_give_it_together_are_made_all_at_once_and_hold(tmp_path: Path) -> None:
    recording = measured(tmp_path, 1.6 * 3.0, Conditioned())
    (plan,) = recording.of(Combination)
    assert set(plan.conditions) == {"load", "devtools"}
    visits = [one for one in recording.of(CellVisit) if one.study == STUDY]
    assert [one.cell for one in visits].count(plan.together) == ROUNDS
    assert [one.cell for one in visits].count(plan.deployed) == ROUNDS
    found = told(recording)
    row = combination(found)
    assert row.measured_ms is not None
    assert row.measured_times == pytest.approx(1.0, rel=0.03)
    assert (row.verdict, row.measured_verdict) == ("holds", "holds")
    text = " ".join(reproduction_sentences(found))
    assert "comes about: a busy page + DevTools open" in text
    assert "all at once: predicted" in text
    assert "Together they give it." in text
    rows = [one.conditions for one in reproduction_rows(found)]
    below = rows.index(f"{' + '.join(row.conditions)} (predicted)") + 1
    assert rows[below] == "the same, all at once (measured)"
    again = decode_recording((tmp_path / "run.jsonl").read_bytes().splitlines(), source="run.jsonl")
    assert encode_report(build(again)) == encode_report(build(recording))


def test_conditions_that_get_in_one_anothers_way_are_measured_and_not_multiplied(tmp_path: Path) -> None:
    def less(conditions: Conditions) -> float:
        return 0.6 if conditions >= {"load", "devtools"} else 1.0

    found = told(measured(tmp_path, 1.6 * 3.0, Conditioned(together=less)))
    row = combination(found)
    assert row.verdict == "holds"
    assert row.measured_verdict == "no"
    assert row.measured_times == pytest.approx(1 / 0.6, rel=0.03)
    text = " ".join(reproduction_sentences(found))
    assert "Together they do not give it." in text
    bold = {one.conditions for one in reproduction_rows(found) if one.holds}
    assert not any("DevTools" in one and "a busy page" in one for one in bold)


def test_the_first_run_under_other_conditions_is_that_of_their_visits(tmp_path: Path) -> None:
    recording = measured(tmp_path, COLD * 3.0, Conditioned())
    (plan,) = recording.of(Combination)
    assert set(plan.conditions) == {"cold", "devtools"}
    row = combination(told(recording))
    assert row.measured_times == pytest.approx(1.0, rel=0.03)
    assert row.measured_verdict == "holds"


def test_a_creation_that_conditions_leave_alone_is_told_by_making_them_together(tmp_path: Path) -> None:
    """A debugger slows runs here, and no creation: 20 ms stay 20 ms, where factors have them three times."""
    deployed_ms = ladder_ms({"web-worker": 5.0})["web"]
    predicted = (COLD + CREATE_MS / deployed_ms) * 3.0
    recording = measured(tmp_path, predicted, Conditioned())
    (plan,) = recording.of(Combination)
    assert set(plan.conditions) == {"creation", "devtools"}
    row = combination(told(recording))
    assert row.verdict == "holds"
    assert row.measured_times == pytest.approx(predicted / (COLD * 3.0 + CREATE_MS / deployed_ms), rel=0.03)
    assert row.measured_verdict == "no"


def test_isolation_and_place_are_made_together(tmp_path: Path) -> None:
    recording = measured(tmp_path, 1.5 * 1.25, Conditioned())
    (plan,) = recording.of(Combination)
    assert set(plan.conditions) == {"main", "unisolated"}
    assert (plan.together.where, plan.together.isolated, plan.together.threads) == ("main", False, 1)
    assert combination(told(recording)).measured_verdict == "holds"


@pytest.mark.parametrize("times", [1.0, 1.6, COLD])
def test_where_one_condition_alone_gives_it_nothing_is_made(tmp_path: Path, times: float) -> None:
    recording = measured(tmp_path, times, Conditioned())
    assert list(recording.of(Combination)) == []
    assert not any(one.measured_ms for one in told(recording).rows)


def test_a_combination_that_the_machine_cannot_give_says_why(tmp_path: Path) -> None:
    def never(setting: Setting) -> str | None:
        return "not both" if held(setting) >= {"load", "devtools"} else None

    found = told(measured(tmp_path, 1.6 * 3.0, Conditioned(refusing=never)))
    assert all(one.measured_ms is None for one in found.rows)
    text = " ".join(reproduction_sentences(found))
    assert "could not be measured all at once: not both." in text
    assert "multiplied, not measured together" in text


DEPLOYED = Cell(side="web", threads=2, where="worker", isolated=True, build="served")
PLAN = Combination(
    conditions=("load", "devtools"), deployed=DEPLOYED, together=replace(DEPLOYED, page="busy"), rounds=4
)


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, conditions=("load",)),
        replace(PLAN, conditions=("load", "load")),
        replace(PLAN, together=DEPLOYED),
        replace(PLAN, together=Cell(side="native", threads=2)),
        replace(PLAN, together=replace(PLAN.together, threads=0)),
        replace(PLAN, rounds=0),
    ],
)
def test_combinations_that_nobody_made_are_refused(plan: Combination) -> None:
    assert impossible(plan)
    assert not impossible(PLAN)
