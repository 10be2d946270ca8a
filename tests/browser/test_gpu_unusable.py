"""Where WebGPU, a GPU, its driver or room is missing, and what is no recording: one sentence says so."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.engine import running
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.gpu import graphics, recorded, replayed, toggles
from gapprof.gpu.replayed import InNode
from gapprof.gpu.timing import timed
from gapprof.gpu.visited import BROWSER, Gpu, in_words
from gapprof.records.environment import Setting
from gapprof.records.gpu_wire import GpuToggled, GpuTogglesTask
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, Trial
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import PACE
from tests.browser.gpu_models import job_of
from tests.browser.gpu_places import NO_WEBGPU, Places, quickly
from tests.unit.measure.whole_command import WHOLE, outcome


def test_a_recording_that_is_too_large_is_refused_with_its_bound(places: Places, tmp_path: Path) -> None:
    job = quickly(job_of("matmul", tmp_path))
    with pytest.raises(ModelUnusable, match="passed 40000 bytes") as caught:
        recorded.record(
            job, places.browser.gpu, tmp_path / "a.trace", dist=assets.web_dist(), most_bytes=40_000
        )
    assert "smaller model" in caught.value.hint
    assert not (tmp_path / "a.trace").exists()
    assert Path(job.outputs_path).exists()  # the page went on


def test_where_there_is_no_webgpu_at_all_that_is_said(places: Places) -> None:
    """In Node, which is as a browser without it."""
    script, own = assets.probes_web() / "engine.mjs", places.node
    until = time.monotonic() + PATIENCE_S
    with (
        pytest.raises(EnvironmentUnusable, match="this browser has no WebGPU") as caught,
        in_words(BROWSER),
        running(own.node, script, guard=own.guard, deadline_s=PATIENCE_S) as node,
    ):
        node.ask(GpuTogglesTask(dawn=None), GpuToggled, until=until)
    assert "chrome://gpu" in caught.value.hint


def test_a_browser_without_a_gpu_is_one_sentence_with_a_hint(places: Places, tmp_path: Path) -> None:
    nothing = graphics.Graphics(browser_args=("--disable-gpu",))
    gpu = Gpu(equipment=places.browser.gpu.equipment, graphics=nothing)
    with pytest.raises(EnvironmentUnusable, match="WebGPU has no adapter here") as caught:
        recorded.record(job_of("matmul", tmp_path), gpu, tmp_path / "a.trace", dist=assets.web_dist())
    assert "chrome://gpu" in caught.value.hint


@dataclass(kw_only=True)
class FirstInChromium:
    """The first visit with a GPU and the first one without it are a real browser's, which was told to have
    none; all else is the synthetic machine's, as what an output is."""

    chromium: Chromium
    visits: dict[str, Trial | Failure] = field(default_factory=dict)
    """By device."""
    id: str = "chromium"

    def refuse(self, setting: Setting) -> str | None:
        return WHOLE.refuse(setting)

    def timed(self, job: Job) -> Trial | Failure:
        found, device = WHOLE.timed(job), job.setting.device
        if job.setting.backend != self.id or device in self.visits:
            return found
        shortly = replace(job, outputs_path="", pace=PACE, core_speed=None)
        self.visits[device] = self.chromium.timed(shortly)
        return self.visits[device]

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        return WHOLE.profiled(job, timed)

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        return WHOLE.traced(job, timed)


def test_a_browser_without_webgpu_leads_to_the_next_backend_of_the_list(
    chromium: Chromium, tmp_path: Path
) -> None:
    """The whole ladder of a real one is among the tests that take long."""
    page = FirstInChromium(chromium=chromium)
    settings = Settings(backend="webgpu,wasm", browser_args=NO_WEBGPU, rungs="ends")
    found = outcome(page, settings, tmp_path).report
    on_gpu, without = (page.visits[device] for device in ("gpu", "cpu"))
    assert isinstance(on_gpu, Failure), on_gpu
    assert isinstance(without, Trial), without
    assert "this browser gives the page no WebGPU" in on_gpu.message
    assert without.seen.wasm_file == "ort-wasm-simd-threaded.wasm"
    assert found.settings.backend_tried == ("webgpu", "wasm")
    (told,) = (one for one in found.warnings if "could not be had" in one)
    assert f"measured on wasm, for webgpu could not be had: {on_gpu.message}" in told
    assert found.gap.ratio is not None


def test_calls_that_cannot_be_read_leave_the_reason_in_the_place_of_times(
    places: Places, tmp_path: Path
) -> None:
    calls = tmp_path / "damaged"
    calls.write_bytes(b"no recording")
    found = timed(calls, [places.node], iterations=2)
    assert found.timeline is None
    assert found.why == "the file is no recording of WebGPU calls"


def test_without_a_driver_dawn_is_one_sentence_with_a_hint(places: Places, tmp_path: Path) -> None:
    nothing = graphics.Graphics(
        browser_args=(), variables={"VK_DRIVER_FILES": "", "VK_ICD_FILENAMES": "/dev/null"}
    )
    bare = InNode(guard=places.node.guard, graphics=nothing, node=places.node.node, module=places.node.module)
    if not any("swiftshader" in word for word in places.browser.gpu.graphics.browser_args):
        pytest.skip("this machine has a driver of its own")
    with pytest.raises(EnvironmentUnusable, match="in Dawn for Node: WebGPU has no adapter here") as caught:
        replayed.behaviour(bare, toggles.DEFAULT)
    assert "Vulkan" in caught.value.hint
