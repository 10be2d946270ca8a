"""Pages watched for what runs alone do not tell: outputs on a GPU, work beside the model, workers."""

import asyncio
import functools
import shutil
from pathlib import Path

import pytest

from gapprof import assets
from gapprof.browser.page import Page
from gapprof.gpu.toggles import browser_args
from gapprof.guard import Guard
from gapprof.records.settings import Settings
from gapprof.watch import page as watch
from gapprof.watch.heard import RunLine
from gapprof.watch.listening import Listener
from gapprof.watch.main_thread import LEAST_MS, Look
from tests.browser.conftest import SIZE
from tests.browser.gpu_places import QUICK
from tests.browser.watched_page import FOREVER, PREPARE, STAYS, Watch, given_up

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
LATE, LATE_S = 2, 2 * LEAST_MS / 1e3
"""A look that comes so late ends more than a stretch, which the one before it does not."""
FEW_RUNS = 16
"""Of a page that rests for long between them: they last longer than a stretch."""
WORK_MS, REST_MS = 30, 20
EDGES = 0.12
"""Of a stretch of some turns, which begins and ends in the midst of one."""
TURNS = f"""
const rest = (ms) => new Promise((done) => setTimeout(done, ms));
const turn = async (run) => {{
  const end = performance.now() + {WORK_MS};
  while (performance.now() < end);
  await run();
  await rest({REST_MS});
}};
"""
"""A page works once for each run of its model, and rests once: how often that is, its runs say."""
CREATE = 'const session = await ort.InferenceSession.create("./tiny.onnx");'
BESIDE = {
    "main": f"{PREPARE}{CREATE}{TURNS}for (;;) await turn(() => session.run(feeds()));",
    "worker": f"""
const worker = new Worker("./worker.mjs", {{ type: "module" }});
const heard = () => new Promise((done) => {{ worker.onmessage = done; }});
{TURNS}
await heard();
for (;;) await turn(() => {{ worker.postMessage("run"); return heard(); }});
""",
}
WORKER = f"""{PREPARE}{CREATE}
onmessage = async () => {{ await session.run(feeds()); postMessage("ran"); }};
postMessage("ready");
"""


@pytest.fixture
def site(site: Path) -> Path:
    """The same with the library for GPUs."""
    for name in GPU_FILES:
        shutil.copy(assets.web_dist() / name, site)
    return site


@pytest.fixture
def looked_at(watched: Watch, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Watches a page for as long as something can be said of its main thread."""
    monkeypatch.setattr(watch, "ENOUGH_RUNS", FEW_RUNS)
    return functools.partial(watched, looked_ms=LEAST_MS)


def test_runs_whose_outputs_stay_on_a_gpu_are_heard_with_their_inputs(watched: Watch) -> None:
    runs = "for (;;) { const { y } = await session.run(feeds()); y.dispose(); await pause(); }"
    found = watched(ON_GPU + CREATED + runs, backend="webgpu", browser_args=browser_args(QUICK))
    session = found.seen.session
    assert session.bound
    assert session.providers == ("WebGPU",)
    assert session.runs_ms
    assert session.failed_runs == 0
    assert [(one.name, one.dims, one.kept) for one in session.inputs] == [("x", (SIZE, SIZE), True)]
    assert found.kept.inputs is not None
    assert found.seen.main_thread is None or found.seen.main_thread.runs_ms is None
    assert not found.seen.troubles
    assert found.settings(Settings(page="anything", backend="webgpu")).backend == "webgpu"


@pytest.mark.long
def test_of_inputs_that_lie_on_the_gpu_the_shapes_are_known(watched: Watch) -> None:
    runs = """
const device = await ort.env.webgpu.device;
const { COPY_DST, COPY_SRC, STORAGE } = GPUBufferUsage;
const buffer = device.createBuffer({ size: values.byteLength, usage: COPY_DST | COPY_SRC | STORAGE });
device.queue.writeBuffer(buffer, 0, values);
const x = ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [96, 96] });
for (;;) { const { y } = await session.run({ x }); y.dispose(); await pause(); }
"""
    found = watched(ON_GPU + CREATED + runs, backend="webgpu")
    session = found.seen.session
    assert session.runs_ms
    assert [(one.name, one.dims, one.kept) for one in session.inputs] == [("x", (SIZE, SIZE), False)]
    assert found.kept.inputs is None
    assert found.settings(Settings(backend="webgpu")).shapes == {"x": (SIZE, SIZE)}


def test_a_page_that_takes_nothing_but_a_gpu_is_told_how_to_get_one(
    site: Path, guard: Guard, tmp_path: Path
) -> None:
    script = f"{ON_GPU} try {{ {CREATED} }} catch {{ {STAYS} }}"
    assert "--backend webgpu" in given_up(site, script, guard=guard, workdir=tmp_path).hint


@pytest.mark.parametrize("where", [pytest.param("main", marks=pytest.mark.long), "worker"])
def test_what_a_page_does_beside_its_model_is_told_with_its_share(
    where: str, looked_at: Watch, site: Path
) -> None:
    (site / "worker.mjs").write_text(WORKER)
    seen = looked_at(BESIDE[where]).seen
    found, session = seen.main_thread, seen.session
    assert session.where == where
    assert found is not None
    assert found.runs_ms is not None
    assert (found.runs_ms == 0.0) == (where == "worker")
    turn_ms = (session.runs_began_ms[-1] - session.runs_began_ms[0]) / (len(session.runs_began_ms) - 1)
    own = (found.tasks_ms - found.runs_ms) / found.over_ms
    assert WORK_MS / turn_ms - EDGES <= own <= 1 - REST_MS / turn_ms + EDGES


def test_a_page_that_only_runs_its_model_does_little_else(looked_at: Watch) -> None:
    """It rests for many times as long as a run takes on a slow machine, and what is told is a share."""
    seldom = FOREVER.replace("await pause();", "await new Promise((done) => setTimeout(done, 60));")
    found = looked_at(PREPARE + seldom).seen.main_thread
    assert found is not None
    assert found.runs_ms is not None
    assert (found.tasks_ms - found.runs_ms) / found.over_ms < 0.3


def test_a_look_that_comes_late_hides_nothing_of_what_the_page_does(
    looked_at: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with which it would be enough, as enough runs are heard: before it lies a single look."""
    listeners, looks, listen, look = list[Listener](), list[Look](), Listener.listen, watch.look

    async def listening(self: Listener) -> bool:
        listeners[:] = [self]
        return await listen(self)

    async def late(page: Page) -> Look | None:
        (listener,) = listeners
        runs = [run for _, log in listener.realms() for run in log.of(RunLine)]
        if len(runs) < FEW_RUNS or (begun := await look(page)) is None:
            return None
        looks.append(begun)
        if len(looks) != LATE:
            return begun
        await asyncio.sleep(LATE_S)
        looks[-1] = await look(page) or begun
        return looks[-1]

    monkeypatch.setattr(Listener, "listen", listening)
    monkeypatch.setattr(watch, "look", late)
    found = looked_at(PREPARE + FOREVER).seen.main_thread
    assert looks[LATE - 1].at_ms - looks[0].at_ms >= LEAST_MS, "with the late one it would have been enough"
    assert len(looks) > LATE
    assert found is not None
    assert found.over_ms >= LEAST_MS


@pytest.mark.long
def test_workers_of_the_library_are_counted_where_it_was_started_for_several_threads(watched: Watch) -> None:
    own = 'new Worker("data:text/javascript,");'
    patient = 'extra: { session: { intra_op: { allow_spinning: "0" } } }, graph'
    seen = watched(f"{PREPARE}ort.env.wasm.numThreads = 3;{own}{FOREVER.replace('graph', patient, 1)}").seen
    assert (seen.threads, seen.session.thread_workers) == (3, 2)
    assert len(seen.workers) == 3
