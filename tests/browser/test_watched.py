"""Pages watched for what runs alone do not tell: outputs that stay on a GPU, work beside the model, workers.

What a page does beside its model is held to what it was written to do; nothing else may be at work meanwhile.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gapprof import assets
from gapprof.errors import ModelUnusable
from gapprof.guard import Guard
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.kept import Watched
from tests.browser.conftest import SIZE
from tests.browser.watched_page import FOREVER, PREPARE, heard, laid_out

Watch = Callable[..., Watched]
GPU_FILES = (
    "ort.webgpu.bundle.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)
ON_GPU = PREPARE.replace("./ort.wasm.bundle.min.mjs", f"./{GPU_FILES[0]}")
CREATED = """
const session = await ort.InferenceSession.create("./tiny.onnx", {
  executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer",
});
"""
WORK_MS, REST_MS = 30, 20
BESIDE = f"""
const busy = () => {{
  const end = performance.now() + {WORK_MS};
  while (performance.now() < end);
  setTimeout(busy, {REST_MS});
}};
busy();
"""


@pytest.fixture
def site(tmp_path: Path, model_folder: Path) -> Path:
    folder = laid_out(tmp_path / "site", model_folder)
    for name in GPU_FILES:
        shutil.copy(assets.web_dist() / name, folder)
    return folder


@pytest.fixture
def watched(site: Path, guard: Guard, tmp_path: Path) -> Watch:
    return partial(heard, site, guard=guard, workdir=tmp_path)


def test_runs_whose_outputs_stay_on_a_gpu_are_heard_with_their_inputs(watched: Watch) -> None:
    runs = "for (;;) { const { y } = await session.run(feeds()); y.dispose(); await pause(); }"
    found = watched(ON_GPU + CREATED + runs, backend="webgpu", most_s=60.0)
    session = found.seen.session
    assert session.bound
    assert session.providers == ("WebGPU",)
    assert len(session.runs_ms) >= 5
    assert session.failed_runs == 0
    assert [(one.name, one.dims, one.kept) for one in session.inputs] == [("x", (SIZE, SIZE), True)]
    assert found.kept.inputs is not None
    assert found.seen.main_thread is None or found.seen.main_thread.runs_ms is None
    assert not found.seen.troubles
    assert found.settings(Settings(page="anything", backend="webgpu")).backend == "webgpu"


def test_of_inputs_that_lie_on_the_gpu_the_shapes_are_known(watched: Watch) -> None:
    runs = """
const device = await ort.env.webgpu.device;
const { COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
const buffer = device.createBuffer({ size: values.byteLength, usage: COPY_DST | COPY_SRC | STORAGE });
device.queue.writeBuffer(buffer, 0, values);
const x = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [96, 96] });
for (;;) { const { y } = await session.run({ x }); y.dispose(); await pause(); }
"""
    found = watched(ON_GPU + CREATED + runs, backend="webgpu", most_s=60.0)
    session = found.seen.session
    assert session.runs_ms
    assert [(one.name, one.dims, one.kept) for one in session.inputs] == [("x", (SIZE, SIZE), False)]
    assert found.kept.inputs is None
    assert found.settings(Settings(backend="webgpu")).shapes == {"x": (SIZE, SIZE)}


def test_a_page_that_takes_nothing_but_a_gpu_is_told_how_to_get_one(watched: Watch) -> None:
    with pytest.raises(ModelUnusable) as told:
        watched(ON_GPU + CREATED, most_s=8.0)
    assert "--backend webgpu" in told.value.hint


@pytest.mark.parametrize("where", ["main", "worker"])
def test_what_a_page_does_beside_its_model_is_told_with_its_share(
    where: str, watched: Watch, site: Path
) -> None:
    if where == "main":
        seen = watched(PREPARE + BESIDE + FOREVER).seen
    else:
        (site / "worker.mjs").write_text(PREPARE + FOREVER)
        seen = watched(f'{BESIDE} new Worker("./worker.mjs", {{ type: "module" }});').seen
    found = seen.main_thread
    assert seen.session.where == where
    assert found is not None
    assert found.over_ms >= 500.0
    assert found.runs_ms is not None
    assert (found.runs_ms == 0.0) == (where == "worker")
    own = (found.tasks_ms - found.runs_ms) / found.over_ms
    assert own == pytest.approx(WORK_MS / (WORK_MS + REST_MS), abs=0.12)


def test_a_page_that_only_runs_its_model_does_little_else(watched: Watch) -> None:
    found = watched(PREPARE + FOREVER).seen.main_thread
    assert found is not None
    assert found.runs_ms is not None
    assert (found.tasks_ms - found.runs_ms) / found.over_ms < 0.3


def test_pauses_between_runs_are_those_that_the_page_makes(watched: Watch) -> None:
    session = watched(
        PREPARE + FOREVER.replace("await pause();", "await pause(); await pause();")
    ).seen.session
    ends = [began + ms for began, ms in zip(session.runs_began_ms, session.runs_ms, strict=True)]
    pauses = [began - end for began, end in zip(session.runs_began_ms[1:], ends, strict=False)]
    assert len(session.runs_ms) >= watch.ENOUGH_RUNS
    assert min(pauses) >= 9.5


def test_workers_of_the_library_are_counted_where_it_was_started_for_several_threads(watched: Watch) -> None:
    own = 'new Worker("data:text/javascript,");'
    seen = watched(f"{PREPARE}ort.env.wasm.numThreads = 3;{own}{FOREVER}").seen
    assert (seen.threads, seen.session.thread_workers) == (3, 2)
    assert len(seen.workers) == 3
