"""What one visit of one rung brought back, raw and in order."""

from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from gapprof.records.death import Death
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_runs import RunCourse, RunParts
from gapprof.records.held_once import texts_held_once, times_held_once


class ThreadUse(Struct, frozen=True, kw_only=True):
    """Scheduler figures of one thread over the timed stretch (Linux: /proc/<pid>/task/*/schedstat)."""

    process: str
    """`renderer` (the page's), `other renderer`, `gpu`, `browser`, `utility`, `native`, ..."""
    thread: str
    """The kernel's name of the thread (comm)."""
    cpu_ms: float
    run_queue_ms: float
    """Time the thread could run and no core was free."""
    role: Literal["", "main", "inference", "pool"] = ""
    """In the page's process: its main thread, the thread that runs the model (perhaps the main one), and
    those that help it."""


class Clocks(Struct, frozen=True, kw_only=True):
    """The same stretch of the page's main thread by the browser's own clocks and by ours and the kernel's.

    Two readings of the browser's are never at the moment of two of ours: bounds are those of the tightest and
    of the widest pair of readings around them."""

    wall_ms: float
    """By the browser's clock."""
    wall_bounds_ms: tuple[float, float]
    """By ours."""
    cpu_ms: float
    """By the browser's clock of that thread."""
    cpu_bounds_ms: tuple[float, float]
    """By the kernel's scheduler figures."""
    tasks_ms: float
    """Wall time inside tasks, by the browser's clock."""
    run_queue_ms: float
    """By the kernel's scheduler figures, between the widest pair."""


class ThreadBalance(Struct, frozen=True, kw_only=True):
    """One of the model's threads over one stretch: the kernel's sums, and beside them how long it was seen to
    be blocked, by looking at its state again and again. No term is what the others leave."""

    thread: str
    role: Literal["main", "inference", "pool"]
    wall_ms: float
    cpu_ms: float
    run_queue_ms: float
    blocked_ms: float
    """In a state in which it neither runs nor could; each look stands for the time around it."""
    looks: int
    late_ms: float | None = None
    """By which looks came late, more than a period of theirs, in all. None: nobody counted. Since 1.12."""


class CoreWork(Struct, frozen=True, kw_only=True):
    """What a fixed piece of work takes on each usable core, us, beside a timed stretch: who shares a core
    from another machine on the same processor, and a clock that is throttled, show in nothing else. Of a
    stretch in pieces, the slowest beside pieces that were on that core."""

    fastest_us: tuple[float, ...]
    """As far as this run knew then."""
    before_us: tuple[float, ...]
    after_us: tuple[float, ...]
    used: tuple[int, ...]
    """Places of the cores that the model's threads were on just before and just after; empty: all."""
    waited_ms: float
    """For fast cores, stretches included that do not count for want of them."""
    discarded_ms: tuple[float, ...] = ()
    """Figures of those, in order."""
    nearest_us: tuple[float, ...] = ()
    """How long a core takes to read what another has written, as far as this run knew then, for each two in
    the order of `itertools.combinations`; empty where the model ran on a single core. Since 1.16."""
    handed_before_us: tuple[float, ...] = ()
    """The same just before. Since 1.16."""
    handed_after_us: tuple[float, ...] = ()
    """The same just after. Since 1.16."""


class Load(Struct, frozen=True, kw_only=True):
    """Who used the machine during the timed stretch. CPU times are sums over cores."""

    wall_ms: float
    machine_busy_ms: float | None
    """Busy time of all cores (/proc/stat); None where the system does not say."""
    own_cpu_ms: float | None
    """CPU time of everything gapprof started, browser tree included, and of gapprof itself."""
    stolen_ms: float | None = None
    """Of `machine_busy_ms`, what a hypervisor gave to other machines: no thread's figures have it."""
    threads: tuple[ThreadUse, ...] = ()
    at_work_ms: float | None = None
    """How long the thread that runs the model was at work, by clocks that know nothing of the scheduler: the
    tasks of the page's main thread, or in the worker the runs, each from its request being heard to its
    answer. Within it a thread is on a CPU, waits for one, or is blocked; outside of it, it is idle. Tasks are
    counted in `Trial.counted` alone; None where the main thread runs the model and nobody counted."""
    threads_wall_ms: float | None = None
    """Between the two readings of the threads' figures, which take their time."""
    told_by: Literal["schedstat", "trace"] = "schedstat"
    """Whose figures `threads` has: the kernel's, or where there are none dur - tdur of a trace's tasks."""
    clocks: Clocks | None = None
    """None where the kernel or the browser does not say, or is not asked: it counts in `Trial.counted` alone.
    Up to 1.15 it did so in every visit."""
    core_work: CoreWork | None = None
    """None where nobody looked. Since 1.14."""
    windows: int = 1
    """Stretches of time that were added up, each read at both ends. Since 1.14."""


TierUpEnd = Literal["compiler-idle", "steady", "unsettled"]


class Seen(Struct, frozen=True, kw_only=True):
    """What the environment really was, read back from inside. None: this backend has no such thing."""

    runtime_version: str
    """onnxruntime's or onnxruntime-web's own version string."""
    engine_version: str
    """`Python 3.11.7`, `Chrome/156.0...`, `Node v24...`."""
    threads: int
    timer_step_us: float
    cpus_allowed: tuple[int, ...] | None = None
    hardware_concurrency: int | None = None
    """Cores that the browser shows a page; onnxruntime-web's own rule for threads counts these."""
    isolated: bool | None = None
    where: str | None = None
    """`worker` or `main`, as the code that ran found it; `proxy`: the library's own worker had the inputs."""
    user_agent: str | None = None
    command_line: tuple[str, ...] = ()
    """The browser's full command line (Browser.getBrowserCommandLine)."""
    rejected_flags: tuple[str, ...] = ()
    """Flags the engine said it does not know (it ignores them)."""
    debugger_domain: bool | None = None
    tier_up: TierUpEnd | None = None
    """How the warm-up of wasm ended: nothing left to compile, runs that stay as they are, or neither."""
    wasm_file: str | None = None
    wasm_sha256: str | None = None
    wasm_simd: bool | None = None
    """Whether the served wasm holds any v128 value."""
    ceiling_hits: int | None = None
    """CPUID executions answered by the ceiling; 0 means that it was installed too late."""
    sentinel_gflops: float | None = None
    """Rate of a fixed GEMM after the ceiling: proof that the kernels really changed."""
    provider: str | None = None
    """Execution provider that the native session was made with."""
    page_url: str | None = None
    page_kind: str | None = None
    adapter: AdapterIdentity | None = None
    """Of the GPU; None where the model ran on the processor."""
    warnings: tuple[str, ...] = ()
    """Sentences for the user about how this environment had to be run."""


class CountedStretch(Struct, frozen=True, kw_only=True):
    """Some more requests behind a timed stretch, in the same page, while the browser counts the tasks of its
    main thread. Timed stretches carry no such thing; what it tells of waiting in tasks and out of them is the
    same there."""

    runs_ms: tuple[float, ...]
    """Of each request the run alone."""
    load: Load


class Trial(Struct, frozen=True, kw_only=True, tag="trial", tag_field="entry"):
    """One completed visit. Every time is per inference in ms; a sample is the mean of `batch` runs."""

    rung: str
    round: int
    visit: int = 0
    """Which of the rung's visits in that round."""
    attempt: int = 0
    started_s: float
    """Since the recording began."""
    ended_s: float
    batch: int
    samples_ms: tuple[float, ...]
    """Back-to-back samples; empty on a paced rung."""
    requests_ms: tuple[float, ...] = ()
    """Scheduled request to result, one value per request; empty on a back-to-back rung."""
    ways: int = 1
    """In how many ways requests woke the page up, in turn: request `i` in way `i` modulo this many."""
    runs_ms: tuple[float, ...] = ()
    """Of each request the run alone, on the clock of the thread that ran it."""
    warmup_ms: tuple[float, ...] = ()
    """Single runs of the warm-up, in order; the first is the cold first run."""
    cold_ms: dict[str, float] = {}
    """Stage of the start-up → ms: `process`, `import`, `fetch`, `compile`, `create`, ..."""
    seen: Seen
    load: Load
    timed_cpu_ms: float | None = None
    """CPU time of all threads of the process over the timed stretch, one untimed batch before it included;
    None where `load` is about nothing else."""
    compiled_ms: tuple[float, ...] = ()
    """Medians of stretches that were timed before this one and were taken for warm-up, for the engine's
    compiler threads were at work beside them. Since 1.17."""
    counted: CountedStretch | None = None
    """Where a page's main thread runs the model by requests, and the kernel tells of threads. Since 1.16."""
    courses: tuple[RunCourse, ...] = ()
    """On a GPU: of a replay its timed runs, of the library some runs that followed the timed ones."""
    parts: RunParts | None = None
    """Of a replay."""
    struck: tuple[str, ...] = ()
    """Why this trial does not count (outside load, a failed harness check); empty: it counts."""
    waited_ms: float = 0.0
    """For fast cores, as far as the visit told, where these became others meanwhile and `load` says nothing
    of them. Since 1.15."""


class Failure(Struct, frozen=True, kw_only=True, tag="failure", tag_field="entry"):
    """A visit that brought no samples. The rest of the run goes on."""

    rung: str
    round: int
    attempt: int = 0
    started_s: float
    ended_s: float
    phase: str
    """`start`, `load`, `create`, `warmup`, `timed`, `stop`."""
    kind: str
    """`crash`, `timeout`, `out-of-memory`, `model`, `environment`, `page`."""
    message: str
    hint: str = ""
    detail: str = ""
    """Tail of stderr or a stack; the recording alone has it."""
    waited_ms: float = 0.0
    """For fast cores, as far as the visit told. Since 1.14."""
    death: Death | None = None
    """Of a native worker that ended without any answer and said nothing of memory. Since 1.19."""


class NodeTime(Struct, frozen=True, kw_only=True):
    """One node's kernel times in a profiled pass, one value per run, in order."""

    name: str
    op_type: str
    provider: str
    samples_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        texts_held_once(self, "name", "op_type", "provider")
        force_setattr(self, "samples_ms", times_held_once(self.samples_ms))


PROFILE_BLOCKS = 4
"""Of runs without the profiler and of runs with it in one profile; the first one of each
kind are neighbours in time, and so on; every second pair is the other way round, so that a drift hits both
alike."""


class Profile(Struct, frozen=True, kw_only=True, tag="profile", tag_field="entry"):
    """What followed a timed visit: blocks of runs without the profiler and with it, a session for each kind,
    and natively for each block of a large graph's."""

    rung: str
    round: int
    started_s: float
    ended_s: float
    unprofiled_ms: tuple[float, ...]
    """Wall time of single runs without the profiler, steady state."""
    profiled_ms: tuple[float, ...]
    """Wall time of single runs with the profiler; same order as the nodes' samples."""
    model_run_ms: tuple[float, ...]
    """The profiler's own `model_run`: what is left of the wall time is JS/Python glue and copies."""
    nodes: tuple[NodeTime, ...]
    dispatch_us_per_node: float | None
    """Measured on a chain of one-element nodes without the profiler; None where it failed."""
    seen: Seen
    load: Load
    profiler_us_per_node: float | None = None
    """What the profiler adds to each node's own time, on the same chain; None where nobody measured it."""


IDLE = "idle"
"""As a slice's name: the thread had nothing to do, or nothing that a trace shows."""


class TraceSlice(Struct, frozen=True, kw_only=True):
    """Time of one kind of work on one thread of the page, from CDP tracing."""

    thread: str
    """`CrRendererMain`, `DedicatedWorker thread`, `Compositor`, ..."""
    name: str
    """`TimerFire`, `FireAnimationFrame`, `Layout`, `Paint`, `V8.GC...`, ..."""
    detail: str
    """Source URL and function where the trace gives one (as the page sees it), else empty."""
    count: int
    wall_ms: float
    cpu_ms: float | None


class Trace(Struct, frozen=True, kw_only=True, tag="trace", tag_field="entry"):
    """A traced stretch of requests on one rung, summed up while the raw trace was at hand."""

    rung: str
    round: int
    started_s: float
    ended_s: float
    stretch_ms: float
    slices: tuple[TraceSlice, ...]
    """Self time: a nested event's time is not counted again in its parent."""
    requests_ms: tuple[float, ...]
    seen: Seen
    load: Load
    runs_ms: tuple[float, ...] = ()
    """Of each request the run alone."""
    held: tuple[TraceSlice, ...] = ()
    """What the thread that asks, mostly the page's main one, did while requests waited for it, before and
    after their runs."""
    inside: tuple[TraceSlice, ...] = ()
    """What the thread that runs the model did from the begin to the end of runs."""
    beside: tuple[TraceSlice, ...] = ()
    """What the page's own workers did meanwhile."""
    balances: tuple[ThreadBalance, ...] = ()
    """Of the thread that runs the model and its helpers; empty where the kernel says nothing of threads."""


class OutputCheck(Struct, frozen=True, kw_only=True, tag="outputs", tag_field="entry"):
    """One output of one rung against the same output of the reference rung."""

    rung: str
    reference: str
    output: str
    dtype: str
    elements: int
    same_shape: bool
    same_nan_positions: bool
    nan_count: int
    max_abs_difference: float
    """Over elements that are finite on both sides; of no meaning without `same_nan_positions`."""
    max_abs_reference: float
    """Over the same elements."""
    exact: bool
    cosine: float | None = None
    """Of those elements as vectors; None where they are no floating-point numbers, where there are none, and
    where shapes or the places of NaN and infinities differ. Since 1.10."""
    argmax_same: bool | None = None


def took_s(visit: Trial | Failure) -> float:
    """A visit's length, less what it waited for cores."""
    work = visit.load.core_work if isinstance(visit, Trial) else None
    waited_ms = visit.waited_ms if work is None else work.waited_ms
    return visit.ended_s - visit.started_s - waited_ms / 1e3
