"""A GPU that cannot be had, or goes amid a run, as pages tell it: a report, or why and the code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import pipeline
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.browser.trouble import failure, trouble_of
from gapprof.errors import ExitCode
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.interrupts import held
from gapprof.live import silent
from gapprof.measure.run import measure
from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.pipeline import Outcome
from gapprof.records.environment import Setting
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, Trial
from gapprof.records.wire.trouble import Broke
from gapprof.subject.sketch import Sketch
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.measure.whole_run import FACTORS, MACHINE
from tests.unit.subject.native_steps import native_steps_here

WHOLE = Machine(latency_ms={**ladder_ms({}, backend="webgpu"), **ladder_ms(FACTORS)})
BACKENDS = ("native", "chromium", "node", "dawn", "web-replay")
SAID = {
    "missing": (
        Broke(
            phase="create",
            name="Error",
            message="no available backend found. ERR: [webgpu] Error: Failed to get GPU adapter.",
            stack="",
        ),
        "this browser gives the page no WebGPU",
    ),
    "lost": (
        Broke(phase="steady", name="Error", message="the device was lost (destroyed)", stack=""),
        "the GPU device was lost",
    ),
    "memory": (
        Broke(
            phase="create",
            name="GPUOutOfMemoryError",
            message="no memory for a buffer of 36864 bytes",
            stack="",
        ),
        "the GPU is out of memory: no memory for a buffer of 36864 bytes",
    ),
    "buffer": (
        Broke(
            phase="create",
            name="Error",
            message="Buffer size (4294967296) exceeds the max buffer size limit (1073741824).",
            stack="",
        ),
        "the model needs a larger buffer than this GPU allows",
    ),
    "shader": (
        Broke(phase="steady", name="Error", message="Error while parsing WGSL: expected ;", stack=""),
        "a shader does not compile",
    ),
}
each = pytest.mark.parametrize(("thrown", "said"), SAID.values(), ids=SAID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The synthetic machine, but for what a page on its GPU gets."""

    machine: Machine = WHOLE
    thrown: Broke | None = None
    since: int = PREFLIGHT_ROUND
    """The first round in which that is thrown."""
    adapter: AdapterIdentity | None = None
    id: str = "synthetic"

    def refuse(self, setting: Setting) -> str | None:
        return self.machine.refuse(setting)

    def timed(self, job: Job) -> Trial | Failure:
        on_gpu = job.setting.backend == "chromium" and job.setting.device == "gpu"
        if on_gpu and self.thrown is not None and job.round >= self.since:
            return failure(job, trouble_of(self.thrown), phase="load")
        found = self.machine.timed(job)
        if on_gpu and isinstance(found, Trial):
            return replace(found, seen=replace(found.seen, adapter=self.adapter))
        return found

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        return self.machine.profiled(job, timed)

    def traced(self, job: Job) -> Trace | Failure | None:
        return self.machine.traced(job)


@pytest.fixture
def model(tmp_path: Path) -> str:
    sketch = Sketch("small", seed=1)
    sketch.output(sketch.node("only", "Neg", [sketch.input("x", [1, 4])]), "y", [1, 4])
    sketch.save(tmp_path / "small.onnx")
    return str(tmp_path / "small.onnx")


Explained = Callable[[Page, str], Outcome]


@pytest.fixture
def explained(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explained:
    """The whole way from a command's settings to its outcome, on that page instead of a browser."""

    def explained(page: Page, backend: str) -> Outcome:
        on_it = partial(measure, realise=dict.fromkeys(BACKENDS, page), machine=MACHINE)
        monkeypatch.setattr("gapprof.measure.run.measure", on_it)
        with native_steps_here(), held() as hold:
            return pipeline.explained(
                model,
                Settings(backend=backend, rungs="main"),
                argv=("gapprof", "explain", "small.onnx"),
                path=tmp_path / "recording.jsonl",
                observer=silent,
                hold=hold,
            )

    return explained


@each
def test_the_processor_s_report_is_given_and_says_what_was_tried_and_why(
    thrown: Broke, said: str, explained: Explained
) -> None:
    outcome = explained(Page(thrown=thrown), "webgpu,wasm")
    report = outcome.report
    assert (outcome.stopped, outcome.code) == (None, ExitCode.OK)
    assert report.settings.backend == "wasm"
    assert report.settings.backend_tried == ("webgpu", "wasm")
    assert report.gap.ratio is not None
    (told,) = (one for one in report.warnings if "could not be had" in one)
    assert f"measured on wasm, for webgpu could not be had: {said}" in told


@each
def test_without_another_backend_the_environment_is_at_fault_and_the_hint_names_one(
    thrown: Broke, said: str, explained: Explained
) -> None:
    outcome = explained(Page(thrown=thrown), "webgpu")
    assert outcome.code == ExitCode.ENVIRONMENT_UNUSABLE
    assert outcome.stopped is not None
    assert outcome.stopped.message.startswith(said)
    assert "--backend w" in outcome.stopped.hint
    assert "wasm" in outcome.stopped.hint
    assert (outcome.report.status, outcome.report.gap.ratio) == ("failed", None)
    assert said in outcome.report.status_why


def test_an_adapter_that_is_a_fallback_is_measured_and_called_so_first(explained: Explained) -> None:
    unnamed = replace(SWIFTSHADER, architecture="", device="", description="", kind="")
    fallback = replace(unnamed, is_fallback=True)
    outcome = explained(Page(adapter=fallback), "webgpu,wasm")
    assert outcome.report.settings.backend_tried == ("webgpu",)
    assert outcome.report.headline.lower().startswith(SOFTWARE_SENTENCE.lower())
    (check,) = (one for one in outcome.report.checks if one.id == "adapter")
    assert check.status == "fail"


@pytest.mark.parametrize("backend", ["webgpu", "webgpu,wasm"])
@pytest.mark.parametrize(
    ("rounds", "status", "code"), [(1, "unreliable", ExitCode.UNRELIABLE), (3, "ok", ExitCode.OK)]
)
def test_a_device_that_is_lost_after_so_many_rounds_leaves_the_figures_of_these_and_is_told(
    rounds: int, status: str, code: ExitCode, backend: str, explained: Explained
) -> None:
    """A machine that gave WebGPU once can: no other backend is taken, and what is left decides the ending."""
    thrown, said = SAID["lost"]
    outcome = explained(Page(thrown=thrown, since=rounds), backend)
    report = outcome.report
    assert (outcome.stopped, outcome.code, report.status) == (None, code, status)
    assert report.rounds == rounds
    assert report.settings.backend_tried == ("webgpu",)
    assert report.latency_ms.web is not None
    lost = [text for text in report.warnings if said in text]
    assert {text.partition(" ")[0] for text in lost} >= {"web-session", "web-paced"}
