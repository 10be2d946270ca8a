"""Memory: the rows and sentences that every format shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.records.estimate import Estimate
from gapprof.records.memory import LEAK_BYTES
from gapprof.records.sections.memory import Memory, MemoryRow, MemorySlope
from gapprof.text import numbers

HEADING = "Memory, MiB"
COLUMNS = ("all", "of file", "heap", "buffers", "code", "JS", "rest", "native")
"""The wasm heap, buffers (fetched files, outputs), wasm's module and machine code, objects, what is left."""
GPU_HEADING = "GPU buffers"
GPU_COLUMNS = ("made", "alive", "MiB", "gone", "GPU's", "page's")
"""Buffers that the page had made so far, those alive and what they hold, those that are gone; then the whole
proportional sizes, MiB, of the browser's process for the GPU and of the page's."""
_PARTS = {
    "gpu-buffers": "buffers on the GPU",
    "gpu-process": "GPU process",
    "wasm-heap": "wasm heap",
    "array-buffers": "buffers",
    "wasm-module": "wasm module",
    "code": "machine code",
    "js-heap": "JS heap",
    "page-rest": "rest of the page",
    "browser-rest": "other processes",
}
_COLUMN_PARTS = (
    ("wasm-heap",),
    ("array-buffers",),
    ("wasm-module", "code"),
    ("js-heap",),
    ("page-rest", "gpu-process", "browser-rest"),
)
_MATTERS = 0.01
"""Of the file: less is nothing to speak of."""


@dataclass(frozen=True, slots=True)
class MemoryCells:
    """One stage, cells as `COLUMNS` say."""

    title: str
    cells: tuple[str, ...]


def memory_rows(memory: Memory) -> tuple[MemoryCells, ...]:
    """Beyond what browser and process held before there was a library."""
    return tuple(
        MemoryCells(
            title=row.title,
            cells=(
                _size(row.web_bytes),
                _times(row.web_bytes, memory.model_bytes),
                *(_sum(row, parts) for parts in _COLUMN_PARTS),
                _size(row.native_bytes),
            ),
        )
        for row in memory.rows
    )


def gpu_rows(memory: Memory) -> tuple[MemoryCells, ...]:
    """Stages at which the page said what it has on the GPU; none on the processor."""
    return tuple(
        MemoryCells(
            title=row.title,
            cells=(
                str(one.made),
                str(one.alive),
                _size(one.alive_bytes),
                str(one.destroyed + one.collected),
                _size(row.processes.get("gpu")),
                _size(row.processes.get("renderer")),
            ),
        )
        for row in memory.rows
        if (one := row.gpu_buffers) is not None
    )


def memory_sentences(memory: Memory) -> Iterator[str]:
    """What it is measured against, what is the most, what comes back, what leaks."""
    if not memory.rows:
        return
    sizes = "proportional" if memory.told_by == "pss" else "resident"
    yield (
        f"Beyond an empty page and a bare process, by {sizes} set sizes of all processes without what stands "
        f"in files on disk; the model's file is {numbers.size(memory.model_bytes or 0.0)}."
    )
    yield from _most(memory)
    yield from _heap(memory)
    yield from _on_gpu(memory)
    yield from _copies(memory)
    yield from _back(memory)
    yield from _arena(memory)
    yield from (_leak(slope) for slope in memory.slopes)
    if memory.trials_disturbed or memory.trials_repeated:
        yield (
            f"Other programs were at work during {memory.trials_disturbed} of the {memory.trials_counting} "
            f"visits that count; {memory.trials_repeated} more were made again for that and do not."
        )
    if memory.why:
        yield f"Not told: {memory.why}."


def _most(memory: Memory) -> Iterator[str]:
    peak, native = memory.peak_held_bytes, memory.native_peak_held_bytes
    files = ""
    if peak is None:  # in recordings before 1.7
        peak, native, files = memory.peak_bytes, memory.native_peak_bytes, ", pages of files among it"
    if peak is None:
        return
    beside = f"; a native process at most {numbers.size(native)}" if native is not None else ""
    yield (
        f"At its worst the page's process takes {numbers.size(peak)} more than before{files}, "
        f"{_times(peak, memory.model_bytes)} the file{beside}."
    )


def _heap(memory: Memory) -> Iterator[str]:
    heap, touched = memory.wasm_heap_bytes, memory.wasm_touched_bytes
    if heap is None:
        return
    of_it = f", of which {numbers.size(touched)} was ever written" if touched is not None else ""
    yield f"The wasm heap grows to {numbers.size(heap)}{of_it}. It cannot shrink, whatever is released."


def _on_gpu(memory: Memory) -> Iterator[str]:
    most, released = memory.gpu_buffers_bytes, _row(memory, "released")
    if most is None:
        return
    kept = released.gpu_buffers if released else None
    after = (
        f" Once the session is released {kept.alive} are alive, with {numbers.size(kept.alive_bytes)}; "
        f"{kept.destroyed} were destroyed and {kept.collected} forgotten until then."
        if kept
        else ""
    )
    yield (
        f"Buffers on the GPU hold {numbers.size(most)} at once, {_times(most, memory.model_bytes)} the file, "
        f"by what the page asks for: a driver may take more, in memory of its own.{after}"
    )


def _copies(memory: Memory) -> Iterator[str]:
    """What was fetched, and was garbage by then: what a collection gave back of it."""
    loaded, steady, kept = (_buffers(memory, stage) for stage in ("load", "steady", "collected"))
    left = min(loaded, steady) - kept
    if memory.model_bytes and left > memory.model_bytes / 2:
        yield (
            f"{numbers.size(left)} of what the page fetched was garbage and still there after many runs: "
            "nothing had collected it meanwhile."
        )


def _buffers(memory: Memory, stage: str) -> float:
    row = _row(memory, stage)
    return row.parts.get("array-buffers", 0.0) if row else 0.0


def _back(memory: Memory) -> Iterator[str]:
    kept, released, again, left = (
        _row(memory, stage) for stage in ("collected", "released", "again", "left")
    )
    if not kept or not released or kept.web_bytes is None or released.web_bytes is None:
        return
    natively = ""
    if kept.native_bytes is not None and released.native_bytes is not None:
        natively = f" (natively {numbers.size(max(0.0, kept.native_bytes - released.native_bytes))})"
    yield (
        f"Releasing the session gives {numbers.size(max(0.0, kept.web_bytes - released.web_bytes))} of "
        f"{numbers.size(kept.web_bytes)} back{natively}"
        + (
            f"; leaving the page leaves {numbers.size(max(0.0, left.web_bytes))}."
            if left and left.web_bytes is not None
            else "."
        )
    )
    if again and again.parts.get("wasm-heap", 0.0) <= released.parts.get("wasm-heap", 0.0):
        yield "A session made after that takes the same wasm heap again: what is free in it is not lost."


def _arena(memory: Memory) -> Iterator[str]:
    found = (("in the browser", memory.arena_bytes), ("natively", memory.native_arena_bytes))
    told = [f"{_less(held, memory)} {where}" for where, held in found if held is not None]
    if told:
        yield f"With onnxruntime's arena switched off, {' and '.join(told)} is held."


def _less(held: float, memory: Memory) -> str:
    if abs(held) <= _MATTERS * (memory.model_bytes or 0.0):
        return "as much"
    return f"{numbers.size(abs(held))} {'less' if held > 0 else 'more'}"


def _leak(slope: MemorySlope) -> str:
    where = "In the browser" if slope.side == "web" else "Natively"
    found = slope.bytes_per_run
    if found is None:
        return f"{where} nothing is known of what runs leave behind: {slope.why}."
    figure = (
        f"{numbers.plain(found.point, 0)} bytes a run "
        f"[{numbers.plain(found.low, 0)}, {numbers.plain(found.high, 0)}]"
    )
    match slope.verdict:
        case "leaks":
            largest = max(slope.parts, key=lambda part: slope.parts[part])
            return f"{where} it leaks: {figure}, most of it {_PARTS.get(largest, 'the process itself')}."
        case "none":
            return f"{where} runs leave {_little(slope, found)}: {figure}, garbage collected."
        case _:
            return f"{where} it is unclear whether runs leave something behind: {figure}."


def _little(slope: MemorySlope, found: Estimate) -> str:
    """Below what counts as a leak; what is more than nothing beyond doubt is not called that."""
    if found.low > 0:
        where = " in the page's objects and buffers and in what they write anew of the wasm heap"
        least = f"less than {numbers.given(LEAK_BYTES / 1024)} KiB a run behind"
        return f"{least},{where}" if slope.side == "web" else least
    if slope.side == "web":
        return (
            "nothing behind in the page's objects and buffers, and write nothing of the wasm heap that runs "
            "before them did not"
        )
    return "nothing behind"


def _row(memory: Memory, stage: str) -> MemoryRow | None:
    return next((row for row in memory.rows if row.stage == stage), None)


def _sum(row: MemoryRow, parts: tuple[str, ...]) -> str:
    known = [row.parts[part] for part in parts if part in row.parts]
    return _size(sum(known)) if known else ""


def _size(held: float | None) -> str:
    return "" if held is None else numbers.bare_mebibytes(held)


def _times(held: float | None, model_bytes: float | None) -> str:
    return numbers.factor(held / model_bytes) if held is not None and model_bytes else ""
