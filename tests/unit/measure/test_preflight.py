"""What follows from the first visits: where no ceiling holds, refusals, and an estimate instead."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import onnx
import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.backends.native import BACKEND
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.measure import preflight
from gapprof.measure.journal import open_journal
from gapprof.measure.pacing import SHORTEST_SAMPLE_MS, preflight_pace
from gapprof.measure.preflight import FirstLook, conclude, look
from gapprof.measure.resolve import SAFETY
from gapprof.measure.visits import Patience, Visits
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from gapprof.recordings import read_recording
from gapprof.records.death import Death
from gapprof.records.environment import Setting
from gapprof.records.job import Chain, Job
from gapprof.records.recording import Preflight
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal, StagedModel, Subject
from gapprof.records.trial import Failure, Trial
from tests.truth.recorder import begin, record
from tests.unit.subject.drawing import drawn, relu, saved

MACHINE = Machine(latency_ms=ladder_ms({"native-128": 3.0}))
LOST = "the GPU device was lost"
CAPPED = {"native-128", "native-all-128", "native-avx", "native-avx2"}
NATIVE_FAILED = Failure(
    rung="native", round=-1, started_s=0, ended_s=1, phase="create", kind="model", message="no"
)


def _isa(rung: str) -> str:
    return str(rungs.ladder("wasm")[rung].environment.isa)


@pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))
def test_where_the_library_takes_no_ceiling_its_rungs_are_refused_and_the_width_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "ESTIMATE_DEADLINE_S", 600.0)
    found = _locked(tmp_path)
    refused = {step.rung.id: step.refusal for step in found.ladder if step.refusal is not None}
    assert refused.keys() == CAPPED
    possible = {rung for rung in CAPPED if why_not(_isa(rung)) is None}
    assert "native-128" in possible
    assert all("does not let a process change its own code" in str(refused[rung]) for rung in possible)
    assert found.estimated_isa_ratio is not None
    assert found.estimated_isa_ratio > 1
    assert "OpenBLAS" in found.estimated_isa_why


@pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))
def test_an_estimate_of_the_width_has_no_more_time_than_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "ESTIMATE_DEADLINE_S", 0.0)
    found = _locked(tmp_path)
    assert found.estimated_isa_ratio is None
    assert "could not be timed" in found.estimated_isa_why


def _locked(folder: Path) -> Preflight:
    """What follows where the library takes no ceiling."""
    with Guard() as guard:
        locked = Ceilings(guard=guard, cache_folder=folder, module="tests.unit.native.locked_library")
        return conclude(
            FirstLook(native=_first("native"), page=_first("web")),
            rungs.ladder("wasm"),
            Settings(),
            {
                "native": dataclasses.replace(BACKEND, ceilings=locked),
                "chromium": MACHINE,
                "node": MACHINE,
            },
            cores=4,
            wanted=frozenset(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Questioned(Machine):
    """Keeps which instruction ceilings it was asked about: to know may take a process each."""

    isas: set[str] = field(default_factory=set)

    def refuse(self, setting: Setting) -> str | None:
        """As any other."""
        if setting.backend == "native":
            self.isas.add(setting.isa)
        return Machine.refuse(self, setting)


@pytest.mark.parametrize(
    ("asks_for", "fails", "isas"),
    [
        ("main", False, {"full", *map(_isa, CAPPED)}),
        ("ends", False, {"full"}),
        ("main", True, set()),
    ],
)
def test_nobody_asks_whether_that_is_possible_which_nobody_wants_or_whose_side_has_failed(
    asks_for: str, fails: bool, isas: set[str]
) -> None:
    machine = Questioned(latency_ms=MACHINE.latency_ms)
    found = conclude(
        FirstLook(native=NATIVE_FAILED if fails else _first("native"), page=_first("web")),
        rungs.ladder("wasm"),
        Settings(rungs=asks_for),
        dict.fromkeys(("native", "chromium", "node"), machine),
        cores=4,
        wanted=frozenset({"web-busy"}),
    )
    assert machine.isas == isas
    refused = {step.rung.id for step in found.ladder if step.refusal == NATIVE_FAILED.message}
    assert (refused >= {"native", *CAPPED}) == fails


def test_the_first_visit_asks_no_more_than_whether_its_own_rung_is_possible(tmp_path: Path) -> None:
    settings, machine = Settings(threads=1), Questioned(latency_ms=MACHINE.latency_ms)
    with _visits(settings, machine, tmp_path) as visits:
        found = look(visits, rungs.ladder("wasm"), settings, cores=4)
    assert isinstance(found.native, Trial)
    assert machine.isas == {"full"}


@pytest.mark.parametrize("times", [1, 5])
def test_a_visit_of_a_quick_model_has_the_shortest_deadline_and_no_other(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortest_s = times * preflight.SHORTEST_DEADLINE_S
    monkeypatch.setattr(preflight, "SHORTEST_DEADLINE_S", shortest_s)
    assert _quick(_first("web")).pace.deadline_s == shortest_s


def test_a_visit_of_a_slow_model_has_many_times_what_it_is_expected_to_take() -> None:
    slow = _quick(replace(_first("web"), requests_ms=(1000.0,) * 3))
    assert slow.pace.deadline_s > preflight.SHORTEST_DEADLINE_S
    assert slow.pace.deadline_s > 5 * max(slow.expected_trial_s.values())


def _quick(page: Trial) -> Preflight:
    """What follows for a model that is quick natively."""
    return conclude(
        FirstLook(native=_first("native"), page=page),
        rungs.ladder("wasm"),
        Settings(),
        dict.fromkeys(("native", "chromium", "node"), MACHINE),
        cores=4,
        wanted=frozenset(),
    )


def test_a_page_on_its_own_is_paced_by_its_single_runs_not_by_what_events_add_to_them() -> None:
    page = replace(_first("web"), warmup_ms=(1.0, *([0.01] * 9)), requests_ms=(0.4, 0.4, 0.4))
    found = conclude(
        FirstLook(native=NATIVE_FAILED, page=page),
        rungs.ladder("wasm"),
        Settings(),
        dict.fromkeys(("native", "chromium", "node"), MACHINE),
        cores=4,
        wanted=frozenset(),
    )
    assert found.pace.batch * 0.01 >= SHORTEST_SAMPLE_MS


@pytest.mark.parametrize(
    ("kind", "instead"), [("environment", ""), ("timeout", "wasm"), ("model", "webgl,wasm")]
)
def test_calls_that_could_not_be_recorded_are_replayed_nowhere_and_the_page_is_measured(
    kind: str, instead: str, tmp_path: Path
) -> None:
    assert _look(kind, instead, tmp_path).no_calls == LOST


def test_a_gpu_that_fails_while_calls_are_recorded_is_the_next_backend_s_turn(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentUnusable, match=f"while its calls were recorded: {LOST}") as caught:
        _look("environment", "wasm", tmp_path)
    assert caught.value.hint


def test_a_switch_without_effect_refuses_its_rung_alone_and_only_rungs_to_be_visited_are_asked() -> None:
    machine = Machine(latency_ms=ladder_ms({}, backend="webgpu"))
    asked: list[tuple[str, ...]] = []

    def prover(setting: Setting) -> str | None:
        asked.append(setting.toggles)
        return "it does nothing" if setting.toggles == SAFETY["no-robustness"] else None

    found = conclude(
        FirstLook(native=_first("native"), page=_first("web")),
        rungs.ladder("webgpu"),
        Settings(backend="webgpu"),
        dict.fromkeys(("native", "chromium", "dawn", "web-replay"), machine),
        cores=4,
        wanted=frozenset({"replay-native-no-robustness"}),
        prover=prover,
    )
    refused = {step.rung.id: step.refusal for step in found.ladder if step.refusal is not None}
    assert refused == {"replay-native-no-robustness": "it does nothing"}
    assert SAFETY["off"] in asked
    assert SAFETY["no-zero-init"] not in asked


DEATH = Death(by="SIGABRT", last_words="Assertion 'true' failed")


def _killed(death: Death) -> str:
    return f"the native worker was killed by {death.told}"


KILLED = _killed(DEATH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadly(Machine):
    """Native dies, so many times, of every model that holds a node called deadly."""

    times: int
    death: Death = DEATH
    deaths: list[str] = field(default_factory=list)

    def timed(self, job: Job) -> Trial | Failure:
        """As any other."""
        if job.setting.backend != "native" or len(self.deaths) == self.times:
            return Machine.timed(self, job)
        if "deadly" not in {node.name for node in onnx.load(job.model_path).graph.node}:
            return Machine.timed(self, job)
        self.deaths.append(job.model_path)
        return replace(NATIVE_FAILED, kind="crash", message=_killed(self.death), death=self.death)


def _dying(
    folder: Path, *, times: int, of_common: Death, of_first: Death = DEATH
) -> tuple[FirstLook, list[Failure]]:
    """A first look at a model whose common graph another process died of, and what was written of it."""
    settings = Settings(threads=1)
    nodes = [relu("first", "x", "a"), relu("deadly", "a", "b"), relu("last", "b", "y")]
    saved(drawn(nodes), folder / "model.onnx")
    words = f"native onnxruntime crashed ({of_common.told})"
    refusal = NativeRefusal(message=words, hint="", death=of_common)
    native = Deadly(latency_ms=MACHINE.latency_ms, times=times, death=of_first)
    with _visits(settings, native, folder) as visits:
        subject = dataclasses.replace(visits.subject, common=refusal)
        found = look(dataclasses.replace(visits, subject=subject), rungs.ladder("wasm"), settings, cores=4)
    return found, list(read_recording(folder / "run.jsonl").of(Failure))


def test_the_node_that_native_dies_of_is_named_there_and_where_the_common_graph_is_missed(
    tmp_path: Path,
) -> None:
    found, written = _dying(tmp_path, times=100, of_common=DEATH)
    named = f"node 'deadly' (Relu): {KILLED}"
    assert isinstance(found.native, Failure)
    assert found.native.message == named
    assert [failure.message for failure in written] == [KILLED, named]
    assert found.no_common_graph == f"there is no common graph: {named}"


def test_another_death_over_the_common_graph_keeps_its_own_words(tmp_path: Path) -> None:
    found, _ = _dying(tmp_path, times=100, of_common=Death(by="SIGSEGV"))
    assert found.no_common_graph == "there is no common graph: native onnxruntime crashed (SIGSEGV)"


def test_deaths_by_the_same_signal_without_words_may_be_two(tmp_path: Path) -> None:
    wordless = Death(by="SIGSEGV")
    found, _ = _dying(tmp_path, times=100, of_common=wordless, of_first=wordless)
    assert isinstance(found.native, Failure)
    assert found.native.message == f"node 'deadly' (Relu): {_killed(wordless)}"
    assert found.no_common_graph == "there is no common graph: native onnxruntime crashed (SIGSEGV)"


def test_one_death_is_bad_luck_and_no_node_is_looked_for(tmp_path: Path) -> None:
    found, written = _dying(tmp_path, times=1, of_common=DEATH)
    assert isinstance(found.native, Trial)
    assert len(written) == 1


def test_a_death_that_does_not_come_again_names_no_node(tmp_path: Path) -> None:
    found, _ = _dying(tmp_path, times=2, of_common=DEATH)
    assert isinstance(found.native, Failure)
    assert found.native.message == KILLED
    assert found.no_common_graph == f"there is no common graph: native onnxruntime crashed ({DEATH.told})"


def _look(kind: str, instead: str, folder: Path) -> FirstLook:
    """At a page that runs on WebGPU, and whose calls cannot be recorded."""
    settings, machine = Settings(backend="webgpu"), Machine(latency_ms=ladder_ms({}, backend="webgpu"))
    failed = Failure(rung="web", round=-1, started_s=0, ended_s=1, phase="load", kind=kind, message=LOST)
    with _visits(settings, machine, folder) as visits:
        return look(
            visits,
            rungs.ladder("webgpu"),
            settings,
            cores=4,
            recorder=lambda _: failed,
            instead=instead,
        )


@contextmanager
def _visits(settings: Settings, machine: Machine, folder: Path) -> Iterator[Visits]:
    """Of a model that lies in that folder, as does the recording."""
    staged = StagedModel(path=folder / "model.onnx")
    with open_journal(folder / "run.jsonl", begin(settings)) as journal:
        yield Visits(
            journal=journal,
            subject=Subject(
                facts=begin(settings).model,
                original=staged,
                common=staged,
                inputs_path=folder / "inputs.npz",
                other_inputs_path=folder / "other.npz",
                chain=Chain(path="chain.onnx", nodes=1000, first_link_path="first_link.onnx"),
            ),
            backends=dict.fromkeys(("native", "chromium"), machine),
            outputs=folder,
            seed=0,
            pace=preflight_pace(10.0),
            patience=Patience(0.0),
        )


def _first(rung: str) -> Trial:
    return next(trial for trial in record(MACHINE).of(Trial) if trial.rung == rung)
