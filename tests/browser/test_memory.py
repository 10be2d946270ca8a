"""What a model holds in real Chromium, looked at from outside; a planted leak, and none."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.visit import Equipment
from gapprof.facts.held import HEAPS_AGREE, heap_closure, in_order, page_bytes, peak_held_bytes
from gapprof.guard import Guard
from gapprof.memory.visits import CHUNKS, Looking
from gapprof.records.job import Job
from gapprof.records.memory import STAGES, Held, MemoryTrial
from gapprof.records.sections.memory import MemorySlope
from gapprof.records.trial import Failure
from tests.browser.conftest import SIZE, on
from tests.unit.facts.test_held import memory, slope

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
OUTPUT_BYTES = 4 * SIZE * SIZE
FILES_BYTES = 8 << 20
"""The kernel counts pages in batches of a core's own."""


@pytest.fixture
def looking(chromium: Chromium, guard: Guard) -> Looking:
    return Looking(
        equipment=Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard),
        dist=chromium.web_dist,
        now_s=lambda: 0.0,
    )


def looked(looking: Looking, job: Job) -> MemoryTrial:
    longer = replace(job, pace=replace(job.pace, deadline_s=120.0))
    found = looking.looked(longer, arena=True, model_bytes=Path(job.model_path).stat().st_size)
    assert isinstance(found, MemoryTrial), found
    return found


def at(trial: MemoryTrial) -> dict[str, Held]:
    return {one.stage: one for one in trial.stages}


@pytest.mark.parametrize(("where", "threads"), [("main", 1), ("worker", 2)])
def test_a_models_life_is_read_at_every_stage(looking: Looking, job: Job, where: str, threads: int) -> None:
    trial = looked(looking, on(job, where=where, threads=threads))
    found = at(trial)
    assert tuple(found) == STAGES
    assert len(trial.chunks) == CHUNKS
    assert trial.threads == threads
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
            assert 0 < (one.resident_file_bytes or 0) < (one.resident_bytes or 0) <= (one.peak_bytes or 0)
    if created.wasm_mapped_bytes is not None:
        for one in (*trial.stages, *trial.chunks):
            if one.stage not in ("start", "load", "left"):
                assert abs(heap_closure(trial, one) - 1) <= HEAPS_AGREE
                assert 0 < (one.wasm_touched_bytes or 0) <= (one.wasm_mapped_bytes or 0)
        assert (created.code_bytes or 0) > 1 << 20
        assert found["left"].wasm_mapped_bytes == 0


def test_a_tensor_kept_per_run_is_found_with_its_slope_and_none_without(
    looking: Looking, job: Job, page_of: Callable[[str], str]
) -> None:
    def left(script: str) -> MemorySlope:
        here = on(job, where="main", page=page_of(script))
        return slope(memory(looked(looking, here), looked(looking, here)))

    leaking, sound = left(KEEPS_OUTPUTS), left("")
    assert leaking.verdict == "leaks", leaking
    assert leaking.bytes_per_run is not None
    assert leaking.parts["array-buffers"] == pytest.approx(OUTPUT_BYTES, rel=0.02)
    assert sound.verdict == "none", sound


def test_a_model_that_cannot_be_opened_is_a_failure_with_its_reason(
    looking: Looking, job: Job, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    found = looking.looked(replace(job, model_path=str(broken)), arena=True, model_bytes=8)
    assert isinstance(found, Failure)
    assert found.phase == "create"
