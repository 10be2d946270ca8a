"""The way to a first result, and on until runs take what they will take. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.trial import Load

Cache = Literal["cold", "warm"]
CACHES: tuple[Cache, ...] = ("cold", "warm")
"""Nothing was ever fetched, or everything was, once before. Natively: read from the disk, or not again."""
WEB_STAGES = (
    "page",
    "import",
    "fetch",
    "glue",
    "wasm-fetch",
    "wasm-compile",
    "session",
    "inputs",
    "first-run",
)
"""One after the other: to the page's DOMContentLoaded; the library's script; the model's file; from asking
for a session to asking for the wasm (threads are started here); the wasm's last byte; from there to an
instance; the session; tensors of the inputs; the run. Natively `process`, `import`, `session`, `inputs` and
`first-run`."""


STAGES_CLOSE = 0.03
"""How far the stages' sum may be from what somebody outside saw."""


class FetchedFile(Struct, frozen=True, kw_only=True):
    """One file on the way."""

    name: str
    size_bytes: int
    from_cache: bool
    fetch_ms: float


class Compiled(Struct, frozen=True, kw_only=True):
    """Wasm that was compiled within one stage, on the thread that runs the model."""

    stage: str
    functions: int
    compile_ms: float
    """Of that stage's time."""


class Start(Struct, frozen=True, kw_only=True, tag="start", tag_field="entry"):
    """One start. Its stages follow one another; `observed_ms` is by another clock."""

    side: Literal["native", "web"]
    cache: Cache
    round: int
    started_s: float
    ended_s: float
    threads: int
    traced: bool = False
    """Under the browser's tracing, which costs something."""
    stages_ms: dict[str, float]
    """In order."""
    observed_ms: float
    """From beginning to first result, without `page`: in the browser as somebody outside saw it, natively by
    the process itself."""
    runs_ms: tuple[float, ...]
    """Single runs, the first one included."""
    files: tuple[FetchedFile, ...] = ()
    compiled: tuple[Compiled, ...] = ()
    """By stage; only where it was traced."""
    optimised_ms: float | None = None
    """V8's optimising tier on its own threads, until runs were steady; only where it was traced."""
    code_cached: bool | None = None
    """Whether compiled code came out of the browser's code cache; only where it was traced."""
    load: Load


class Creations(Struct, frozen=True, kw_only=True, tag="creations", tag_field="entry"):
    """Sessions made anew where all code is warm, each time with one step of making them left out."""

    side: Literal["native", "web"]
    round: int
    started_s: float
    ended_s: float
    usual_ms: tuple[float, ...]
    unoptimised_ms: tuple[float, ...]
    """Without optimising the graph."""
    unpacked_ms: tuple[float, ...]
    """Without prepacking weights (`session.disable_prepacking`)."""
    parse_ms: tuple[float, ...]
    """Of usual ones: reading the model, by onnxruntime's own profiler."""
