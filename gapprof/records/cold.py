"""The way to a first result, and on until runs take what they will take. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu_runs import GpuMade
from gapprof.records.trial import Load

Cache = Literal["cold", "warm", "code-cached", "gpu-cached"]
CACHES: tuple[Cache, ...] = ("cold", "warm", "code-cached")
"""Nothing was ever fetched; everything was, once before, by another browser with the same profile (the HTTP
cache alone); and V8 has left compiled code beside it (the code cache as well)."""
GPU_CACHES: tuple[Cache, ...] = (*CACHES[:2], "gpu-cached")
"""On a GPU: the third finds what the browser has left of shaders and pipelines, beside the HTTP cache."""
EVERY_CACHE: tuple[Cache, ...] = (*CACHES, "gpu-cached")
NATIVE_CACHES = CACHES[:2]
"""Read from the disk, or not again."""
WEB_STAGES = (
    "page",
    "worker",
    "import",
    "fetch",
    "glue",
    "wasm-fetch",
    "wasm-compile",
    "session",
    "inputs",
    "first-run",
)
"""One after the other: to the page's DOMContentLoaded; where a worker has the model, from `new Worker` until
it carries out its first task (gapprof's own modules stand for the page's script there); the library's script;
the model's file; from asking for a session to asking for the wasm (threads are started here); the wasm's last
byte; from there to an instance; the session; tensors of the inputs; the run. Natively `process`, `import`,
`session`, `inputs` and `first-run`."""
GPU_STAGES = ("setup", "adapter", "device")
"""On a GPU, within the making of a session and told apart from it: until an adapter is asked for, until the
last one is there, however often it was asked for, and until a device is."""
_SESSION = WEB_STAGES.index("session")
EVERY_WEB_STAGE = (*WEB_STAGES[:_SESSION], *GPU_STAGES, *WEB_STAGES[_SESSION:])


STAGES_CLOSE = 0.03
"""How far the stages' sum may be from what somebody outside saw."""


class FetchedFile(Struct, frozen=True, kw_only=True):
    """One file on the way."""

    name: str
    size_bytes: int
    from_cache: bool
    fetch_ms: float


Compiler = Literal["lazy", "baseline", "optimising"]


class Compiling(Struct, frozen=True, kw_only=True):
    """What one of V8's compilers did on threads of one name, until runs were steady."""

    compiler: Compiler
    """`lazy`: all that a first call of a function waits for, its `baseline` (Liftoff) included;
    `optimising`: TurboFan."""
    thread: str
    """As the browser calls it."""
    functions: int
    compile_ms: float
    lazy_ms: float = 0.0
    """Of that, within `lazy`."""


class KeptFiles(Struct, frozen=True, kw_only=True):
    """Files that a native stage reads, after the system was asked to forget them."""

    stage: str
    size_bytes: int
    kept_bytes: int
    """Still in memory: the system forgets nothing that some program has mapped."""


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
    page_observed_ms: float | None = None
    """What stages have as `page`, which ends by the page's clock, as the driver saw it by its own, some ms
    late. None: there is no such stage, or its own figure is the driver's; so since 1.12."""
    whole_observed_ms: float | None = None
    """From the order to navigate to the first result as the driver saw it, in one stretch. Since 1.12."""
    pause_ms: float | None = None
    """Of that stretch, what the page waited between its loading and the order to start, by the page's clock:
    no stage has it. Since 1.12."""
    word_ms: float | None = None
    """Of that stretch, how late the driver heard of a result that the page's main thread had, by the
    machine's clock (see `gapprof.cold.witness`): no stage has it. None: nobody saw that. Since 1.13."""
    runs_ms: tuple[float, ...]
    """Single runs, the first one included."""
    files: tuple[FetchedFile, ...] = ()
    compiled: tuple[Compiled, ...] = ()
    """By stage; only where it was traced."""
    optimised_ms: float | None = None
    """V8's optimising tier on its own threads, until runs were steady; only where it was traced."""
    code_cached: bool | None = None
    """Whether compiled code came out of the browser's code cache; only where it was traced."""
    compilers: tuple[Compiling, ...] = ()
    """Only where it was traced."""
    code_kept: bool | None = None
    """Whether V8 had left compiled code for a later start when runs were steady; only of cold starts."""
    v8_flags: tuple[str, ...] = ()
    """What V8 was told so that it left compiled code, before that start and in it."""
    read_bytes: dict[str, int] = {}
    """Native stage → what the process had the disk read meanwhile. Empty where the system does not say."""
    kept_files: tuple[KeptFiles, ...] = ()
    """Only of cold native starts; empty where the system does not say."""
    gpu_made: tuple[GpuMade, ...] = ()
    """By stage; only on a GPU. The methods that make shaders and pipelines are listened to meanwhile."""
    gpu_waits_ms: tuple[float, ...] = ()
    """The same: what single runs wait for the GPU, once they are steady."""
    gpu_kept: int | None = None
    """Entries that a `gpu-cached` start found in the browser's cache of shaders and pipelines; None: nobody
    looked, or the cache is of a form that is not known."""
    attempt: int = 0
    struck: tuple[str, ...] = ()
    """Why it does not count."""
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
