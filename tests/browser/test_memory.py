"""What a model holds in real Chromium, looked at from outside; a planted leak, and none."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.facts.held import HEAPS_AGREE, heap_closure, in_order, page_bytes, peak_held_bytes
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.memory import visits
from gapprof.memory.visits import CHUNKS, MOST_RUNS, Looking
from gapprof.records.job import Job
from gapprof.records.memory import STAGES, Held, MemoryTrial
from gapprof.records.trial import Failure
from tests.browser.conftest import SIZE, job_in, on
from tests.browser.gpu_models import job_of
from tests.browser.gpu_places import quickly
from tests.unit.facts.held import memory, slope

KEEPS_OUTPUTS = """
const kept = [];
const typed = Object.getPrototypeOf(Uint8Array.prototype);
const { set } = typed;
typed.set = function (source, ...rest) {
  const whole = this.byteLength === this.buffer.byteLength && source.byteLength === this.byteLength;
  if (whole) kept.push(this);
  return set.call(this, source, ...rest);
};
"""
"""An output is copied out of the wasm heap, whole into whole."""
KEPT_BYTES = 4096
KEEPS_BUFFERS = """
const kept = [];
const { mapAsync } = GPUBuffer.prototype;
const { requestDevice } = GPUAdapter.prototype;
let device = null;
GPUAdapter.prototype.requestDevice = async function (...given) {
  return (device = await requestDevice.apply(this, given));
};
GPUBuffer.prototype.mapAsync = function (...given) {
  kept.push(device.createBuffer({ size: %d, usage: GPUBufferUsage.STORAGE }));
  return mapAsync.apply(this, given);
};
"""
"""A run reads its output back once."""
FILES_BYTES = 8 << 20
"""The kernel counts pages in batches of a core's own."""
OUTPUT_BYTES = INPUT_BYTES = 4 * SIZE * SIZE
KEPT_IN_HEAP_BYTES, FREE_BYTES = 16 << 10, 32 << 20
KEEPS_IN_HEAP = """
const inputBytes = %d, keptBytes = %d, freeBytes = %d;
function leaking(made, imports) {
  const { %s: malloc, %s: free, ...others } = made.instance.exports;
  const known = [...Object.values(imports).flatMap(Object.values), ...Object.values(others)];
  const memory = known.find((one) => one instanceof WebAssembly.Memory);
  const inputs = new Set();
  let roomy = false;
  const allocating = (size) => {
    if (!roomy) {
      roomy = true;
      const room = malloc(freeBytes);
      new Uint8Array(memory.buffer, room, freeBytes).fill(255);
      free(room);
    }
    const at = malloc(size);
    if (size === inputBytes) inputs.add(at);
    return at;
  };
  const freeing = (at) => {
    if (inputs.delete(at)) new Uint8Array(memory.buffer, malloc(keptBytes), keptBytes).fill(1);
    free(at);
  };
  return { module: made.module, instance: { exports: { ...others, %s: allocating, %s: freeing } } };
}
for (const name of ["instantiate", "instantiateStreaming"]) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (source, imports) => {
    const made = await original(source, imports);
    return "instance" in made && imports ? leaking(made, imports) : made;
  };
}
"""
"""onnxruntime-web's wasm with room that is free and written, and a `free` that leaves some of that behind for
every input."""


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    with Guard() as guard:
        yield Looking(
            equipment=Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard),
            dist=assets.web_dist(),
            now_s=lambda: 0.0,
        )


@pytest.fixture(scope="module")
def sound(looking: Looking, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> MemoryTrial:
    """A page that keeps nothing, with the model on its main thread."""
    return looked(looking, on(job_in(tmp_path_factory.mktemp("sound"), model_folder), where="main"))


@pytest.fixture
def few_runs(monkeypatch: pytest.MonkeyPatch) -> int:
    """More than a visit makes, however fast the machine is: none of them are made for a time.

    Until a page is steady there are thousands, of which each would keep what is planted.
    """
    monkeypatch.setattr(visits, "STEADY_MS", 1.0)
    return (2 * CHUNKS + 1) * MOST_RUNS


def looked(looking: Looking, job: Job) -> MemoryTrial:
    longer = replace(job, pace=replace(job.pace, deadline_s=300.0))
    found = looking.looked(longer, arena=True, model_bytes=Path(job.model_path).stat().st_size)
    assert isinstance(found, MemoryTrial), found
    return found


def at(trial: MemoryTrial) -> dict[str, Held]:
    return {one.stage: one for one in trial.stages}


def test_a_models_life_on_the_main_thread_is_read_at_every_stage(sound: MemoryTrial, job: Job) -> None:
    assert_read_at_every_stage(sound, job, threads=1)


@pytest.mark.long
def test_a_models_life_in_a_worker_is_read_at_every_stage(looking: Looking, job: Job) -> None:
    """On threads that sleep while they have nothing to do: there may be more of them than cores."""
    in_worker = on(job, where="worker", threads=2, spinning="off")
    assert_read_at_every_stage(looked(looking, in_worker), job, threads=2)


def assert_read_at_every_stage(trial: MemoryTrial, job: Job, *, threads: int) -> None:
    found = at(trial)
    assert tuple(found) == STAGES
    assert len(trial.chunks) == CHUNKS
    assert trial.threads == threads
    assert [scan.runs for scan in trial.scans] == [
        (number + 1) * (trial.chunks[1].runs - trial.chunks[0].runs) for number in range(CHUNKS)
    ]
    assert trial.load is not None
    assert trial.load.wall_ms > 0
    assert trial.module_bytes > 5_000_000
    runs = [one.runs for one in trial.chunks]
    assert len({b - a for a, b in pairwise(runs)}) == 1
    assert not found["load"].wasm_heap_bytes
    assert (found["load"].array_buffers_bytes or 0) >= Path(job.model_path).stat().st_size
    created = found["create"]
    assert created.processes["renderer"] > found["start"].processes["renderer"]
    assert (created.wasm_heap_bytes or 0) >= 16 << 20
    assert (found["released"].wasm_heap_bytes or 0) >= (created.wasm_heap_bytes or 0), "it never shrinks"
    if created.resident_bytes is not None:
        own = [page_bytes(one) or 0 for one in in_order(trial)]
        most = peak_held_bytes(trial)
        assert most is not None
        assert most >= 0.9 * (max(own) - own[0]), "no reading holds more than the most that there was"
        marks = [one.peak_bytes or 0 for one in in_order(trial)]
        assert most <= max(marks) - (found["start"].resident_bytes or 0) + FILES_BYTES
        for one in in_order(trial):
            assert 0 < (one.resident_file_bytes or 0) < (one.resident_bytes or 0)
            if one.stage != "left":  # by then also of what looking through the heap took
                assert (one.resident_bytes or 0) <= (one.peak_bytes or 0)
    if created.wasm_mapped_bytes is not None:
        for one in (*trial.stages, *trial.chunks):
            if one.stage not in ("start", "load", "left"):
                assert abs(heap_closure(trial, one) - 1) <= HEAPS_AGREE
                assert 0 < (one.wasm_touched_bytes or 0) <= (one.wasm_mapped_bytes or 0)
        assert (created.code_bytes or 0) > 1 << 20
        assert found["left"].wasm_mapped_bytes == 0


def test_buffers_on_the_gpu_are_counted_and_one_kept_per_run_is_found(
    looking: Looking,
    page_of: Callable[[str], str],
    tmp_path: Path,
    few_runs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graphics = here(looking.equipment.executable).browser_args
    on_gpu = dataclasses.replace(looking, equipment=dataclasses.replace(looking.equipment, graphics=graphics))
    monkeypatch.setattr(visits, "CHUNK_MS", 50.0)  # what is counted is counted whole, in however few runs
    job = quickly(job_of("links", tmp_path))
    trial = looked(on_gpu, on(job, device="gpu", where="main", page=page_of(KEEPS_BUFFERS % KEPT_BYTES)))
    found = at(trial)
    assert tuple(found) == STAGES
    told = {stage: one.gpu_buffers for stage, one in found.items() if one.gpu_buffers is not None}
    assert tuple(told) == STAGES[1:-1], "before there is a library, and once the page is left, nobody says"
    assert told["load"].made == 0
    assert told["first-run"].alive_bytes >= told["create"].alive_bytes >= 0
    assert told["steady"].alive_bytes >= 2 * INPUT_BYTES, "of this model's input and weights at least"
    for earlier, later in pairwise(told.values()):
        assert (later.made, later.destroyed) >= (earlier.made, earlier.destroyed)
    assert slope(memory(trial, trial)).parts["gpu-buffers"] == KEPT_BYTES
    assert found["steady"].processes["gpu"] > 0


def test_a_page_that_keeps_nothing_has_no_slope(sound: MemoryTrial) -> None:
    """By its one visit twice: no interval that what else the machine does could make wide."""
    kept = slope(memory(sound, sound))
    assert kept.verdict == "none", kept
    assert kept.parts["wasm-heap"] < 100


def test_tensors_and_free_space_of_the_heap_that_every_run_keeps_are_found_each_with_its_slope(
    looking: Looking, job: Job, page_of: Callable[[str], str], few_runs: int
) -> None:
    """Long before that free space is used up."""
    assert few_runs * KEPT_IN_HEAP_BYTES < FREE_BYTES / 2
    glue = (looking.dist / "ort-wasm-simd-threaded.mjs").read_text(encoding="utf-8")
    named = [re.search(rf"\b_{function}=\w+\.(\w+);", glue) for function in ("malloc", "free")]
    malloc, free = (found[1] for found in named if found)
    plant = (INPUT_BYTES, KEPT_IN_HEAP_BYTES, FREE_BYTES, malloc, free, malloc, free)
    page = page_of(KEEPS_OUTPUTS + KEEPS_IN_HEAP % plant)
    trial = looked(looking, on(job, where="main", page=page))
    assert trial.chunks[-1].runs + trial.scans[-1].runs < few_runs
    found = slope(memory(trial, trial))
    assert found.verdict == "leaks", found
    assert found.parts["array-buffers"] == pytest.approx(OUTPUT_BYTES, rel=0.02)
    assert found.parts["wasm-heap"] == pytest.approx(KEPT_IN_HEAP_BYTES, rel=0.1)
    if trial.chunks[0].wasm_touched_bytes is not None:
        grown = (trial.chunks[-1].wasm_touched_bytes or 0) - trial.chunks[0].wasm_touched_bytes
        runs = trial.chunks[-1].runs - trial.chunks[0].runs
        assert grown < 0.1 * KEPT_IN_HEAP_BYTES * runs, "by its size the heap tells nothing"


def test_a_model_that_cannot_be_opened_is_a_failure_with_its_reason(
    looking: Looking, job: Job, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    found = looking.looked(replace(job, model_path=str(broken)), arena=True, model_bytes=8)
    assert isinstance(found, Failure)
    assert found.phase == "create"
