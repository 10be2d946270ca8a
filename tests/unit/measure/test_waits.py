"""What is told of a visit that waits for fast cores, and who pays for it where it fails."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import EnvironmentUnusable
from gapprof.lattice.visits import CellVisits
from gapprof.measure.fastest import Fastest
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.pacing import preflight_pace
from gapprof.measure.visits import Patience, Visits
from gapprof.measure.waits import Waits
from gapprof.recordings import read_recording
from gapprof.records.job import Job
from gapprof.records.lattice import Cell, CellVisit
from gapprof.records.progress import Observer, Progress
from gapprof.records.recording import PlannedRung
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import CoreWork, Failure, Trial, took_s
from tests.settings import QUIET
from tests.truth.recorder import begin, record
from tests.unit.measure.whole_run import FACTORS, Run

STEP = Progress(phase="rounds", text="Native, as it comes", rung="native", elapsed_s=31.0)
NATIVE = PlannedRung(rung=rungs.ladder("wasm")["native"], setting=replace(QUIET, backend="native"))
WAITED_MS = 2500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Machine):
    """Each of its visits waits before it times anything, or fails."""

    waits: Waits

    def timed(self, job: Job) -> Trial | Failure:
        self.waits.hear(WAITED_MS - 100.0)
        self.waits.hear(WAITED_MS)
        return Machine.timed(self, job)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_journal(tmp_path / "run.jsonl", begin()) as opened:
        yield opened


@pytest.fixture
def cores() -> Fastest:
    return Fastest(left_s=60.0)


def broken(cores: Fastest) -> Waiting:
    crash = PlantedFailure(rung="native", message="it crashed")
    return Waiting(waits=cores.waits, failures=(crash,))


def subject(journal: Journal) -> Subject:
    folder = journal.path.parent
    staged = StagedModel(path=folder / "model.onnx")
    return Subject(
        facts=journal.begin.model,
        original=staged,
        common=staged,
        inputs_path=folder / "inputs.npz",
        other_inputs_path=folder / "other.npz",
        chain=None,
    )


def visits(journal: Journal, cores: Fastest, machine: Machine) -> Visits:
    return Visits(
        journal=journal,
        subject=subject(journal),
        backends={"native": machine},
        outputs=journal.path.parent,
        seed=0,
        pace=preflight_pace(10.0),
        patience=Patience(0.0),
        cores=cores,
    )


def cell_visits(journal: Journal, cores: Fastest, machine: Machine) -> CellVisits:
    return CellVisits(
        study="scaling",
        journal=journal,
        subject=subject(journal),
        backends={"native": machine},
        bases={"native": NATIVE},
        pace=preflight_pace(10.0),
        seed=0,
        patience=Patience(0.0),
        cores=cores,
        outputs=journal.path.parent,
        reference=None,
    )


def test_whoever_watches_is_told_that_a_visit_waits_and_for_how_long() -> None:
    told: list[Progress] = []
    waits = Waits(told.append)
    waits.watch(replace(STEP, recording=record(Machine(), rounds=0)))
    for so_far_ms in (900.0, 1100.0, 2300.0):
        waits.hear(so_far_ms)
    step, *waiting = told
    assert step.waited_s is None
    assert [one.waited_s for one in waiting] == [1.1, 2.3], "nobody is told of less than a second"
    assert {(one.phase, one.text, one.rung) for one in waiting} == {(STEP.phase, STEP.text, STEP.rung)}
    assert all(one.elapsed_s >= step.elapsed_s for one in waiting)
    assert all(one.recording is None for one in waiting), "there is nothing new to rank"


def test_before_the_first_step_nobody_is_told() -> None:
    told: list[Progress] = []
    Waits(told.append).hear(5000.0)
    assert told == []


@pytest.mark.parametrize("error", [OSError("no room is left"), TimeoutError("too slow")])
def test_what_an_observer_raises_meanwhile_is_no_failure_of_the_visit(
    journal: Journal, cores: Fastest, error: OSError
) -> None:
    told: list[Progress] = []

    def observer(progress: Progress) -> None:
        told.append(progress)
        if progress.waited_s is not None:
            raise error

    cores.waits.observer = observer
    cores.waits.watch(STEP)
    outcome = visits(journal, cores, Waiting(waits=cores.waits)).timed(NATIVE, 0)
    assert isinstance(outcome, Trial)
    assert cores.waited_s == WAITED_MS / 1e3, "it is charged as any other"
    assert [one.waited_s is None for one in told] == [True, False], "nothing more is told"
    with pytest.raises(type(error)) as raised:
        cores.waits.watch(STEP)
    assert raised.value is error


class Watching:
    """Breaks as soon as a visit waits."""

    def __init__(self) -> None:
        self.error = OSError("no room is left")

    def __call__(self, progress: Progress) -> None:
        if progress.waited_s is not None:
            raise self.error


def test_what_an_observer_raises_in_the_last_wait_of_an_interrupted_run_is_raised_at_its_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Waits] = []

    def keeping(observer: Observer) -> Waits:
        made.append(Waits(observer))
        return made[-1]

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Interrupted(Machine):
        def timed(self, job: Job) -> Trial | Failure:
            if job.round == 2:
                made[0].hear(WAITED_MS)
                raise KeyboardInterrupt
            return Machine.timed(self, job)

    monkeypatch.setattr("gapprof.measure.run.Waits", keeping)
    watching = Watching()
    with pytest.raises(OSError, match="no room is left") as raised:
        run(Interrupted(latency_ms=ladder_ms(FACTORS)), observer=watching)
    assert raised.value is watching.error
    kept = read_recording(tmp_path / "run" / "recording.jsonl")
    assert kept.end is not None
    assert kept.end.reason == "interrupted"


def test_what_else_ends_a_run_goes_on_with_a_note_of_what_an_observer_raised() -> None:
    waits = Waits(Watching())
    waits.watch(STEP)
    waits.hear(WAITED_MS)
    with pytest.raises(EnvironmentUnusable, match="the disk is full") as raised, waits:
        raise EnvironmentUnusable("the disk is full")
    assert raised.value.__notes__ == ["whoever watched the run had failed before: OSError('no room is left')"]


def test_a_run_whose_observer_was_told_everything_ends_as_it_is() -> None:
    told: list[Progress] = []
    waits = Waits(told.append)
    with waits:
        waits.watch(STEP)
        waits.hear(WAITED_MS)
    assert len(told) == 2
    with pytest.raises(EnvironmentUnusable) as raised, waits:
        raise EnvironmentUnusable("the disk is full")
    assert not hasattr(raised.value, "__notes__")


def test_visits_that_fail_are_charged_for_what_they_waited(journal: Journal, cores: Fastest) -> None:
    visits(journal, cores, broken(cores)).timed(NATIVE, 0)
    failures = list(journal.recording().of(Failure))
    assert [one.waited_ms for one in failures] == [WAITED_MS] * 2
    assert (cores.waited_s, cores.left_s) == (5.0, 55.0)


def test_a_visit_that_counts_is_charged_once(journal: Journal, cores: Fastest) -> None:
    visits(journal, cores, Waiting(waits=cores.waits)).timed(NATIVE, 0)
    assert cores.waited_s == WAITED_MS / 1e3


def test_waiting_is_no_part_of_what_a_visit_took_whose_cores_became_others(
    journal: Journal, cores: Fastest
) -> None:
    visits(journal, cores, Waiting(waits=cores.waits)).timed(NATIVE, 0)
    (trial,) = journal.recording().of(Trial)
    assert trial.load.core_work is None
    assert took_s(trial) == pytest.approx(trial.ended_s - trial.started_s - WAITED_MS / 1e3)


def test_visits_of_cells_that_fail_are_charged_as_well(journal: Journal, cores: Fastest) -> None:
    cell_visits(journal, cores, broken(cores)).visited(Cell(side="native", threads=1), 0, "explore")
    outcomes = [one.outcome for one in journal.recording().of(CellVisit)]
    assert [isinstance(one, Failure) and one.waited_ms for one in outcomes] == [WAITED_MS] * 2
    assert cores.waited_s == 5.0


def test_the_same_of_a_cell_whose_cores_became_others(journal: Journal, cores: Fastest) -> None:
    cell_visits(journal, cores, Waiting(waits=cores.waits)).visited(
        Cell(side="native", threads=1), 0, "explore"
    )
    (outcome,) = (one.outcome for one in journal.recording().of(CellVisit))
    assert isinstance(outcome, Trial)
    assert took_s(outcome) == pytest.approx(outcome.ended_s - outcome.started_s - WAITED_MS / 1e3)


def test_what_its_cores_say_of_a_wait_counts_before_what_the_visit_told() -> None:
    (trial, *_) = (one for one in record(Machine(), rounds=1).of(Trial) if one.round == 0)
    trial = replace(trial, started_s=1.0, ended_s=9.0, waited_ms=500.0)
    assert took_s(trial) == 7.5
    work = CoreWork(fastest_us=(200.0,), before_us=(205.0,), after_us=(205.0,), used=(), waited_ms=2500.0)
    assert took_s(replace(trial, load=replace(trial.load, core_work=work))) == 5.5


def test_waiting_is_no_part_of_what_a_failed_visit_took() -> None:
    failed = Failure(rung="web", round=0, started_s=1.0, ended_s=9.0, phase="timed", kind="crash", message="")
    assert took_s(failed) == 8.0
    assert took_s(replace(failed, waited_ms=2500.0)) == 5.5
