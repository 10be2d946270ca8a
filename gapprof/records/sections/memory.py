"""What is held of memory. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate


class GpuBufferCounts(Struct, frozen=True, kw_only=True):
    """Buffers that the page has had made on the GPU until a stage, of one visit: the one in the middle."""

    made: int
    made_bytes: int
    alive: int
    alive_bytes: int
    destroyed: int
    """By the page."""
    destroyed_bytes: int
    collected: int
    """Forgotten by the page, and collected as garbage."""
    collected_bytes: int


class MemoryRow(Struct, frozen=True, kw_only=True):
    """What is held at one stage beyond what was held before there was a library; bytes, medians."""

    stage: str
    """See `gapprof.records.memory.STAGES`; `collected`: after many runs, and garbage was collected."""
    title: str
    web_bytes: float | None
    """All processes of the browser."""
    parts: dict[str, float]
    """Of `web_bytes`, which they add up to: `wasm-heap` (what of it was touched), `wasm-module`, `code`,
    `array-buffers`, `js-heap`, `page-rest` and `browser-rest`, of either sign; on a GPU also `gpu-process`,
    the process that the browser has for it."""
    native_bytes: float | None
    processes: dict[str, float]
    """Kind of process (`renderer`: the page's own) → proportional set size, whole."""
    gpu_buffers: GpuBufferCounts | None = None
    """Null where the model runs on the processor, and once the page was left. Since 1.12."""
    why: str = ""
    """Of what is null here."""


class MemorySlope(Struct, frozen=True, kw_only=True):
    """What a run leaves behind, garbage collected."""

    side: Literal["native", "web"]
    bytes_per_run: Estimate | None
    parts: dict[str, float]
    """The same apart: `wasm-heap`, `array-buffers` and `js-heap`, on a GPU also `gpu-buffers`; natively
    `process`."""
    verdict: Literal["leaks", "none", "unclear", "not-measured"]
    """`leaks`: more than 1 KiB a run beyond doubt. `none`: less, beyond doubt."""
    why: str = ""


class Memory(Struct, frozen=True, kw_only=True):
    """What the model holds of memory, in the page and natively. Since 1.9; empty before."""

    rows: tuple[MemoryRow, ...] = ()
    slopes: tuple[MemorySlope, ...] = ()
    model_bytes: float | None = None
    """The file, with its external data."""
    module_bytes: float | None = None
    """The wasm file."""
    wasm_heap_bytes: float | None = None
    """At high water, as the page says, which is for good: a wasm memory never shrinks ..."""
    wasm_mapped_bytes: float | None = None
    """... as the kernel has it ..."""
    wasm_touched_bytes: float | None = None
    """... and what of it was ever written, which alone takes memory of the machine."""
    peak_bytes: float | None = None
    """The largest resident size of the page's process, less that of the empty page; pages of files, such as
    the browser's own code, among both."""
    native_peak_bytes: float | None = None
    peak_held_bytes: float | None = None
    """The most that the page's process held without pages of files, beyond what it held at the start: at
    least so much, and hardly more. The kernel marks the most of all pages, whenever it was; less the most
    pages of files that were seen until the next reading. Since 1.10."""
    native_peak_held_bytes: float | None = None
    """The same natively. Since 1.10."""
    arena_bytes: float | None = None
    """By how much less is held with the library's arena off: in the browser ..."""
    native_arena_bytes: float | None = None
    """... and natively."""
    gpu_buffers_bytes: float | None = None
    """The most that buffers on the GPU hold at once, by what the page asked for. Null where the model runs on
    the processor."""
    trials_counting: int = 0
    """Those that count."""
    trials_disturbed: int = 0
    """Of these, other programs disturbed so many ..."""
    trials_repeated: int = 0
    """... and so many, which do not count, were made again for that."""
    told_by: str = ""
    """`pss`, or `rss` where the system has no proportional sizes."""
    why: str = "not looked at: --memory does it"
    """Of what is null or empty here."""
