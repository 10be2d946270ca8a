"""Where WebGPU, a GPU, its driver or room is missing, and what is no recording: one sentence says so."""

import time
from pathlib import Path

import pytest

from gapprof import assets
from gapprof.engine import running
from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.gpu import graphics, recorded, replayed, toggles
from gapprof.gpu.replayed import InNode
from gapprof.gpu.timing import timed
from gapprof.gpu.visited import BROWSER, Gpu, in_words
from gapprof.records.gpu_wire import GpuToggled, GpuTogglesTask
from tests.browser.aftermath import PATIENCE_S
from tests.browser.gpu_models import job_of
from tests.browser.gpu_places import Places, quickly


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
