"""A GPU that cannot be had, or goes amid a run, as pages tell it: a report, or why and the code."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.browser.trouble import failure, trouble_of
from gapprof.errors import ExitCode
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.measure.visits import PREFLIGHT_ROUND
from gapprof.pipeline import Outcome
from gapprof.records.environment import Setting
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, Trial
from gapprof.records.wire.trouble import Broke
from tests.unit.gpu.written import SWIFTSHADER
from tests.unit.measure.whole_command import WHOLE, outcome

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
    "no-jspi": (
        Broke(
            phase="create",
            name="Error",
            message="no available backend found. ERR: [webgpu] Error: WebAssembly JSPI is not supported in "
            "the current environment.",
            stack="",
        ),
        "this browser has no JSPI",
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
LAST_ROUND = 5
"""Of the synthetic machine's runs."""
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

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        return self.machine.traced(job, timed)


Explained = Callable[[Page, str], Outcome]


@pytest.fixture
def explained(tmp_path: Path) -> Explained:
    return lambda page, backend: outcome(page, Settings(backend=backend, rungs="main"), tmp_path)


@each
def test_the_processor_s_report_is_given_and_says_what_was_tried_and_why(
    thrown: Broke, said: str, explained: Explained
) -> None:
    found = explained(Page(thrown=thrown), "webgpu,wasm")
    report = found.report
    assert (found.stopped, found.code) == (None, ExitCode.OK)
    assert report.settings.backend == "wasm"
    assert report.settings.backend_tried == ("webgpu", "wasm")
    assert report.gap.ratio is not None
    (told,) = (one for one in report.warnings if "could not be had" in one)
    assert f"measured on wasm, for webgpu could not be had: {said}" in told


@each
def test_without_another_backend_the_environment_is_at_fault_and_the_hint_names_one(
    thrown: Broke, said: str, explained: Explained
) -> None:
    found = explained(Page(thrown=thrown), "webgpu")
    assert found.code == ExitCode.ENVIRONMENT_UNUSABLE
    assert found.stopped is not None
    assert found.stopped.message.startswith(said)
    assert "--backend w" in found.stopped.hint
    assert "wasm" in found.stopped.hint
    assert (found.report.status, found.report.gap.ratio) == ("failed", None)
    assert said in found.report.status_why


def test_an_adapter_that_is_a_fallback_is_measured_and_called_so_first(explained: Explained) -> None:
    unnamed = replace(SWIFTSHADER, architecture="", device="", description="", kind="")
    fallback = replace(unnamed, is_fallback=True)
    found = explained(Page(adapter=fallback), "webgpu,wasm")
    assert found.report.settings.backend_tried == ("webgpu",)
    assert found.report.headline.lower().startswith(SOFTWARE_SENTENCE.lower())
    (check,) = (one for one in found.report.checks if one.id == "adapter")
    assert check.status == "fail"


@pytest.mark.parametrize("backend", ["webgpu", "webgpu,wasm"])
@pytest.mark.parametrize(
    ("rounds", "status", "code"), [(1, "unreliable", ExitCode.UNRELIABLE), (3, "partial", ExitCode.PARTIAL)]
)
def test_a_device_that_is_lost_after_so_many_rounds_leaves_the_figures_of_these_and_is_told(
    rounds: int, status: str, code: ExitCode, backend: str, explained: Explained
) -> None:
    """A machine that gave WebGPU once can: no other backend is taken, and what is left decides the ending.
    What a run got before it lost its GPU for good is not all that it was to get."""
    thrown, said = SAID["lost"]
    found = explained(Page(thrown=thrown, since=rounds), backend)
    report = found.report
    assert (found.stopped, found.code, report.status) == (None, code, status)
    assert report.rounds == rounds
    assert report.settings.backend_tried == ("webgpu",)
    assert report.latency_ms.web is not None
    lost = [text for text in report.warnings if said in text]
    assert {text.partition(" ")[0] for text in lost} >= {"web-session", "web-paced"}
    if status == "partial":
        assert f"web-paced failed in its last 2 rounds: {said}" in report.status_why


def test_a_device_that_is_lost_in_the_last_round_alone_may_be_chance(explained: Explained) -> None:
    thrown, said = SAID["lost"]
    report = explained(Page(thrown=thrown, since=LAST_ROUND), "webgpu").report
    assert (report.status, report.rounds) == ("ok", LAST_ROUND)
    assert any(said in text for text in report.warnings)
