"""What a model holds of memory, natively and in a page: readings from outside, at every stage. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.trial import Load

MemoryStage = Literal["start", "load", "create", "first-run", "steady", "released", "again", "left"]
STAGES: tuple[MemoryStage, ...] = (
    "start",
    "load",
    "create",
    "first-run",
    "steady",
    "released",
    "again",
    "left",
)
"""Nothing of the model yet; the library and the file's bytes are there; a session; its first run; many more;
the session released; another one made, and run; the page left. Natively nothing is left."""

LEAK_BYTES = 1024.0
"""A run. At thirty runs a second that comes to 100 MiB an hour; less than this an engine's own bookkeeping
may take for a while (seen: 40 to 300 bytes of JavaScript objects a run)."""


class Held(Struct, frozen=True, kw_only=True):
    """One reading. None: this side or this system does not say."""

    stage: str
    """One of `STAGES`, or `chunk`: between two of them, after so many more runs."""
    runs: int
    """Of the model so far."""
    processes: dict[str, int]
    """Kind of process (`renderer`: the page's own) → proportional set size, bytes."""
    files: dict[str, int]
    """The same of what stands in files on disk, such as the browser's own code: the system may drop it and
    read it again, whenever it likes. Empty where the system does not say."""
    peak_bytes: int | None
    """The largest resident size that the process with the model ever had, pages of files among it."""
    wasm_heap_bytes: int | None = None
    """Of all wasm memories, as the page says; never shrinks."""
    wasm_mapped_bytes: int | None = None
    """The same as the kernel has it: what the process may use of the ranges reserved for wasm memories ..."""
    wasm_touched_bytes: int | None = None
    """... and what of it is in memory, because it was written once."""
    code_bytes: int | None = None
    """Machine code made at run time: anonymous memory that may be executed, and is resident."""
    js_heap_bytes: int | None = None
    """Used by objects of the page and its workers."""
    array_buffers_bytes: int | None = None
    """Outside of these heaps, without wasm memories: where a fetched file lies."""
    resident_bytes: int | None = None
    """Of the process with the model, now. Since recording 1.7."""
    resident_file_bytes: int | None = None
    """Of these, pages of files. Since recording 1.7."""
    gpu_buffers: GpuBuffers | None = None
    """That the page had made so far; None on the processor, and once the page was left."""


class HeapScan(Struct, frozen=True, kw_only=True):
    """What of the wasm heap was written for the first time since a look before all of these runs."""

    runs: int
    """Of the model since then."""
    written_bytes: int
    """In whole pages of 4 KiB, each counted once."""


class MemoryTrial(Struct, frozen=True, kw_only=True, tag="memory", tag_field="entry"):
    """One fresh process or browser, looked at from outside while it stands still between two stages."""

    side: Literal["native", "web"]
    arena: bool
    """False: with the library's arena off (`enableCpuMemArena`)."""
    round: int
    started_s: float
    ended_s: float
    threads: int
    model_bytes: int
    """The file and its external data."""
    module_bytes: int
    """The wasm file; 0 natively."""
    stages: tuple[Held, ...]
    chunks: tuple[Held, ...]
    """After equal numbers of runs, garbage collected."""
    scans: tuple[HeapScan, ...] = ()
    """After equal numbers of runs of the session made `again`. Empty natively."""
    told_by: Literal["pss", "rss"]
    """Proportional set sizes, or where the system has none resident ones."""
    load: Load | None = None
    """While it was looked at."""
    attempt: int = 0
    struck: tuple[str, ...] = ()
    """Why it does not count."""
