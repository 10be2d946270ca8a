"""Memory of a model on a GPU: the buffers that its page has had made, and the browser's process for it."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.memory import gpu_rows, memory_sentences
from gapprof.errors import WrongUse
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.memory import Held, MemoryTrial
from gapprof.records.sections.memory import GpuBufferCounts, Memory, MemoryRow
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import record
from tests.unit.facts.held import MIB, memory, report, slope, web

MADE = {"load": 0, "create": 10, "first-run": 14, "steady": 14, "released": 14, "again": 28}
GONE = {"released": (9, 3), "again": (11, 3)}
GPU_PROCESS = 40 * MIB


def on_gpu(one: Held, *, kept_per_run: int = 0) -> Held:
    """Buffers of 2 MiB; the GPU's own process holds what is alive, and 40 MiB of its own."""
    stage = "steady" if one.stage == "chunk" else one.stage
    made = MADE.get(stage)
    destroyed, collected = GONE.get(stage, (0, 0))
    buffers = None if made is None else counted(made, destroyed, collected, one.runs * kept_per_run)
    held = GPU_PROCESS + (buffers.alive_bytes if buffers else 0)
    processes = {**one.processes, "gpu": held + 5 * MIB}
    return replace(one, processes=processes, files={**one.files, "gpu": 5 * MIB}, gpu_buffers=buffers)


def counted(made: int, destroyed: int, collected: int, more_bytes: int = 0) -> GpuBuffers:
    return GpuBuffers(
        made=made,
        made_bytes=2 * MIB * made + more_bytes,
        destroyed=destroyed,
        destroyed_bytes=2 * MIB * destroyed,
        collected=collected,
        collected_bytes=2 * MIB * collected,
    )


def trial(number: int = 0, *, kept_per_run: int = 0) -> MemoryTrial:
    plain = web(number)
    return replace(
        plain,
        stages=tuple(on_gpu(one) for one in plain.stages),
        chunks=tuple(on_gpu(one, kept_per_run=kept_per_run) for one in plain.chunks),
    )


def row(found: Memory, stage: str) -> MemoryRow:
    return next(one for one in found.rows if one.stage == stage)


def test_buffers_are_counted_at_every_stage() -> None:
    found = memory(trial(), trial(1), trial(2))
    assert found.gpu_buffers_bytes == 28 * MIB
    assert row(found, "released").gpu_buffers == GpuBufferCounts(
        made=14,
        made_bytes=28 * MIB,
        alive=2,
        alive_bytes=4 * MIB,
        destroyed=9,
        destroyed_bytes=18 * MIB,
        collected=3,
        collected_bytes=6 * MIB,
    )
    assert row(found, "left").gpu_buffers is None
    assert "there are no buffers of a GPU" not in found.why
    text = " ".join(memory_sentences(found))
    assert "Buffers on the GPU hold 28.0 MiB at once, 0.28x the file" in text
    assert "Once the session is released 2 are alive, with 4.00 MiB; 9 were destroyed and 3 forgotten" in text


def test_the_process_for_the_gpu_is_a_part_beside_the_pages() -> None:
    found = memory(trial())
    created = row(found, "create")
    assert created.parts["gpu-process"] == 20 * MIB
    assert created.parts["browser-rest"] == 0
    assert sum(created.parts.values()) == pytest.approx(created.web_bytes)
    assert gpu_rows(found)[1].cells == ("10", "10", "20.0", "0", "65.0", "500")


def test_a_buffer_kept_per_run_is_a_leak_and_none_is_not() -> None:
    kept = slope(memory(*(trial(number, kept_per_run=4096) for number in range(3))))
    assert kept.verdict == "leaks"
    assert kept.parts["gpu-buffers"] == pytest.approx(4096.0)
    sound = slope(memory(*(trial(number) for number in range(3))))
    assert (sound.verdict, sound.parts["gpu-buffers"]) == ("none", 0.0)
    leaking = memory(*(trial(number, kept_per_run=4096) for number in range(3)))
    assert "most of it buffers on the GPU" in " ".join(memory_sentences(leaking))


def test_on_the_processor_there_is_no_such_thing_and_the_reason_is_given() -> None:
    found = memory(web())
    assert found.gpu_buffers_bytes is None
    assert "there are no buffers of a GPU" in found.why
    assert gpu_rows(found) == ()
    assert "gpu-process" not in row(found, "create").parts
    assert "gpu-buffers" not in slope(found).parts


def test_every_format_shows_buffers_on_the_gpu() -> None:
    whole = report(trial())
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(whole, Surface(width=100))
        assert "GPU buffers" in text
        assert "Buffers on the GPU hold 28.0 MiB" in text


@pytest.mark.parametrize("buffers", [counted(1, 1, 1), counted(2, -1, 0), counted(1 << 60, 0, 0)])
def test_more_buffers_gone_than_made_are_refused(buffers: GpuBuffers) -> None:
    plain = trial()
    entry = replace(plain, stages=(replace(plain.stages[0], gpu_buffers=buffers), *plain.stages[1:]))
    lines = [encode_entry(one) for one in (record(Machine()).begin, entry)]
    with pytest.raises(WrongUse, match="buffers on a GPU that cannot have been"):
        decode_recording(lines, source="x.jsonl")


def test_a_trial_is_read_again_as_it_was_written() -> None:
    lines = [encode_entry(one) for one in (record(Machine()).begin, trial())]
    assert decode_recording(lines, source="x.jsonl").entries == (trial(),)
