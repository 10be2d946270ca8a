"""What Python and the page say to each other. `probes_web/wire.d.ts` is generated from this file.

One task is one message, one answer is one message. A page keeps its session between tasks:
`OpenTask` loads and warms up, `WarmTask` goes on warming up, `TimeTask` times what is open, `ProfileTask`
opens a second, profiled session beside it, `InstrumentTask` a rewritten runtime. `KernelsTask` and
`ReplayTask` need no session, `RecordTask` and `GpuRecordTask` have one of their own; what replays a recording
of the GPU is in `gpu_wire`.
"""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu import AdapterIdentity, PlacedNode, SeenTensors
from gapprof.records.gpu_wire import (
    GpuKernelsTask,
    GpuKernelsTimed,
    GpuListened,
    GpuListenTask,
    GpuReplayed,
    GpuReplayTask,
    GpuTimelined,
    GpuTimelineTask,
    GpuToggled,
    GpuTogglesTask,
)


class TensorSlice(Struct, frozen=True, kw_only=True):
    """One tensor inside a block of raw little-endian bytes."""

    name: str
    dtype: str
    """numpy's name; bool is one byte."""
    dims: tuple[int, ...]
    offset: int
    size_bytes: int


class ExternalFile(Struct, frozen=True, kw_only=True):
    """A model's external data: the name inside the model, and where to fetch it."""

    path: str
    url: str


class SessionOption(Struct, frozen=True, kw_only=True):
    """One option of `InferenceSession.create`, under onnxruntime-web's own name."""

    name: str
    """`freeDimensionOverrides.NAME` for one dimension; a name of no option is one of the session's
    configuration (`extra`), such as `session.intra_op.allow_spinning`."""
    value: str


class OpenTask(Struct, frozen=True, kw_only=True, tag="open", tag_field="kind"):
    """Load onnxruntime-web and the model, make the inputs, warm up, leave the outputs of one run."""

    ort_url: str
    wasm_base_url: str
    threads: int
    """0: onnxruntime-web's own rule decides."""
    simd: bool | None = None
    """Only for builds that still have the switch (1.18); None leaves it alone."""
    where: str
    """`main`, `worker`, or `proxy`: called on the main thread, run in the library's own worker."""
    spinning: str = "default"
    """`on`, `off` (`session.intra_op.allow_spinning`), or `default`: nobody says."""
    provider: Literal["wasm", "webgpu", "webgl"] = "wasm"
    """The execution provider, and no other one to fall back on but for single operators."""
    model_url: str
    external_data: tuple[ExternalFile, ...] = ()
    optimise: bool
    """True: onnxruntime-web's own session options, but for `session`. False: graphOptimizationLevel
    `disabled`."""
    session: tuple[SessionOption, ...] = ()
    inputs_url: str
    inputs: tuple[TensorSlice, ...]
    outputs_url: str | None = None
    """POST target for the raw output bytes; None: nobody needs them."""
    warmup_ms: float
    warmup_runs: int


class WarmTask(Struct, frozen=True, kw_only=True, tag="warm", tag_field="kind"):
    """Go on warming up what is open; both bounds are to be met."""

    warmup_ms: float
    warmup_runs: int


class TimeTask(Struct, frozen=True, kw_only=True, tag="time", tag_field="kind"):
    """Time what is open: `samples` batches back to back, or `requests` paced requests; the other one is 0."""

    batch: int
    samples: int
    requests: int
    think_ms: tuple[float, float]
    seed: int
    marks: bool = False
    """User-timing marks per request; only ever in a traced pass."""


class ProfileTask(Struct, frozen=True, kw_only=True, tag="profile", tag_field="kind"):
    """Blocks of `runs` single runs of what is open, and as many of a profiled session of the same model.

    Each block begins with one run that is not counted.
    """

    open: OpenTask
    blocks: int
    runs: int


class ContrastTask(Struct, frozen=True, kw_only=True, tag="contrast", tag_field="kind"):
    """What is open and another model, in the same realm: a batch of the one, a batch of the other, and on."""

    other: OpenTask
    batch: int
    rounds: int


class Bytes(Struct, frozen=True, kw_only=True):
    """What stands in memory from `offset` on, as base64."""

    offset: int
    base64: str


class KernelCase(Struct, frozen=True, kw_only=True):
    """One kernel, and what it is called with."""

    module: str
    """A wasm module as base64; it imports `env.memory`."""
    export: str
    """What calls the kernel over and over: how often, the address of a table of arguments, and its rows."""
    calls: tuple[tuple[int, ...], ...]
    """That table, taken row by row: on buffers that are not all in cache, as in a model."""
    samples: int
    """0: it is called once and not timed."""
    rivals: int = 0
    """Cases of one number compete; 0: with nobody."""


class KernelsTask(Struct, frozen=True, kw_only=True, tag="kernels", tag_field="kind"):
    """Kernels on one memory: warm up each, then time all of them in rounds, then show what they wrote."""

    memory_bytes: int
    """Filled with seeded f32 in [-1, 1) before anything runs, unless there is an image."""
    image_url: str | None = None
    """What memory begins with; the rest of it is zero."""
    seed: int
    data: tuple[Bytes, ...]
    """Placed in that memory."""
    cases: tuple[KernelCase, ...]
    threads: int = 1
    """So many run a kernel at once while it is timed, each on a memory of its own."""
    warmup_ms: float
    """For each: the engine compiles it meanwhile."""
    sample_ms: float
    """A sample is as many calls as take so long."""
    given_up: float = 0.0
    """What takes so many times its fastest rival, once warm, has that as its only sample. 0: nothing has."""
    shown: tuple[tuple[int, int], ...]
    """Stretches of memory, offset and bytes, that are wanted in the end."""


class RecordTask(Struct, frozen=True, kw_only=True, tag="record", tag_field="kind"):
    """Runs of a model in a wasm that records one of its own functions' calls; see `transplant.rewriting`."""

    open: OpenTask
    """`outputs_url` gets the rows, and behind them the whole memory as it was before the last of them."""
    memory: str
    """Exports: where rows and memory are left ..."""
    count: str
    """... the variable that counts calls ..."""
    target: str
    """... that which says before which call memory is copied ..."""
    kept: tuple[str, ...]
    """... and the module's variables at that moment."""
    rows: int
    """At most."""
    rows_bytes: int
    """What is kept free for them."""


class ReplayCase(Struct, frozen=True, kw_only=True):
    """Recorded calls of one function."""

    repeat: str
    """The export that repeats them: how often, the address of the rows, how many there are."""
    image_url: str
    """Memory, whole pages."""
    rows_url: str
    rows: int
    variables: tuple[tuple[str, int], ...]
    """Exported variables and what they hold."""


class ReplayTask(Struct, frozen=True, kw_only=True, tag="replay", tag_field="kind"):
    """Recorded calls in the module that they come from, each case on a memory of its own, in rounds.

    Memory is as it was recorded before every sample; a pass over all rows before each one is not timed.
    """

    module_url: str
    most_pages: int
    """Of memory, as the module declares it."""
    cases: tuple[ReplayCase, ...]
    seed: int
    warmup_ms: float
    sample_ms: float
    """A sample is as many passes over all rows as take so long."""
    samples: int
    """0: nothing is timed."""


class HookLayout(Struct, frozen=True, kw_only=True):
    """Where a rewritten wasm keeps what; see `gapprof.wasm.hooks`. Exports by name, the rest are
    addresses."""

    log: str
    clock: str
    repeat: str
    on: int
    next: int
    end: int
    current: int
    lost: int
    nobody: int
    """In place of a slot."""
    slots: int
    slot_bytes: int
    calls: int
    left: int
    period: int
    count: int
    """Of slots."""
    log_begins: int
    log_ends: int


class InstrumentTask(Struct, frozen=True, kw_only=True, tag="instrument", tag_field="kind"):
    """What is open beside a rewritten build of the same runtime, in blocks of `runs` single runs.

    Then as many runs of the rewritten one under the profiler, with what was called when.
    """

    open: OpenTask
    """Of the rewritten build."""
    layout: HookLayout
    functions: int
    """Slots that stand for functions inside; those behind them are calls from outside."""
    timed_calls: int
    """Of one function in a run, about so many; the others are counted only."""
    blocks: int
    runs: int


class FeltTask(Struct, frozen=True, kw_only=True, tag="felt", tag_field="kind"):
    """Frames, long tasks, a video, components, an application's steps; while what is open runs or rests."""

    duty: float
    """Share of the time in which the model runs; 0: it rests, 1: run after run."""
    step_duty: float
    """The same beside the application's steps."""
    watch_ms: float
    repeats: int
    """Of each component and of each step."""
    seed: int


class ClickedTask(Struct, frozen=True, kw_only=True, tag="clicked", tag_field="kind"):
    """Hear clicks that come from outside."""

    duty: float
    clicks: int
    most_ms: float
    """Then it ends with those it has."""


class AnswersTask(Struct, frozen=True, kw_only=True, tag="answers", tag_field="kind"):
    """Run what is open on one input after the other, and leave all outputs, one after the other."""

    ort_url: str
    inputs_url: str
    inputs: tuple[tuple[TensorSlice, ...], ...]
    """By run: where its tensors lie in that block."""
    outputs_url: str


Step = Literal["load", "create", "run", "scan", "release"]


class StepTask(Struct, frozen=True, kw_only=True, tag="step", tag_field="kind"):
    """One step of a model's life, so that somebody outside can look before the next one."""

    step: Step
    """Library, file and inputs; a session, and the file's bytes given up; runs; a look at what of the wasm
    heap is written anew; the session's end."""
    open: OpenTask
    arena: bool
    """`enableCpuMemArena` of the session."""
    runs: int
    """For `run`."""


StartStep = Literal["prepare", "start", "settle", "recreate"]


class StartTask(Struct, frozen=True, kw_only=True, tag="start", tag_field="kind"):
    """The way to a first result, as a page goes it that nobody has prepared."""

    step: StartStep
    """Our own errands; the start; runs until they are steady; sessions made anew."""
    open: OpenTask
    settle_ms: float
    """At least so long ..."""
    settle_runs: int
    """... and so many runs."""
    recreations: int
    """Of every kind."""


class GpuRecordTask(Struct, frozen=True, kw_only=True, tag="gpurecord", tag_field="kind"):
    """Runs of a model on the GPU with every call of WebGPU recorded."""

    open: OpenTask
    runs: int
    most_bytes: int
    """Of the recording; where a recorder is in front of the page's scripts it knows its own bound."""
    trace_url: str
    """POST target for the trace's file."""
    about: dict[str, str]
    """For the trace's header."""


class GpuPlaceTask(Struct, frozen=True, kw_only=True, tag="gpuplace", tag_field="kind"):
    """Ask onnxruntime-web's profiler which provider ran which node of a model on the GPU."""

    open: OpenTask


Task = (
    OpenTask
    | WarmTask
    | TimeTask
    | ProfileTask
    | ContrastTask
    | KernelsTask
    | RecordTask
    | ReplayTask
    | InstrumentTask
    | FeltTask
    | ClickedTask
    | AnswersTask
    | StepTask
    | StartTask
    | GpuRecordTask
    | GpuPlaceTask
    | GpuListenTask
    | GpuReplayTask
    | GpuTimelineTask
    | GpuTogglesTask
    | GpuKernelsTask
)


class Opened(Struct, frozen=True, kw_only=True, tag="opened", tag_field="kind"):
    """A session is open and warm."""

    cold_ms: dict[str, float]
    """`import`, `fetch`, `create`, `first_run`."""
    warmup_ms: tuple[float, ...]
    outputs: tuple[TensorSlice, ...]
    threads: int
    """What onnxruntime-web really uses."""
    isolated: bool
    where: str
    timer_step_us: float
    hardware_concurrency: int
    ort_version: str
    user_agent: str
    page_url: str
    adapter: AdapterIdentity | None = None
    """Of the device that the library runs models on; None on the processor."""


class Warmed(Struct, frozen=True, kw_only=True, tag="warmed", tag_field="kind"):
    """Single runs of a further stretch of warm-up, in order."""

    runs_ms: tuple[float, ...]


class Timed(Struct, frozen=True, kw_only=True, tag="timed", tag_field="kind"):
    """Raw times: per-inference means of batches, or one value per request from when it was due."""

    samples_ms: tuple[float, ...]
    requests_ms: tuple[float, ...]
    runs_ms: tuple[float, ...]
    """Inside paced requests: the run alone, same order; empty otherwise."""
    ways: int
    """Request `i` woke the page up in way `i` modulo this many; 1 where there is but one."""
    stretch_ms: float
    busy_ms: float
    """What the thread with the model did: all runs, those that are not timed as well, and in a worker each
    from hearing of its request until it is answered."""


class ProfiledNode(Struct, frozen=True, kw_only=True):
    """One node of the graph as the profiler names it; one value per run."""

    name: str
    op_type: str
    provider: str
    samples_ms: tuple[float, ...]


class Profiled(Struct, frozen=True, kw_only=True, tag="profiled", tag_field="kind"):
    """Both sides of a profiled pass."""

    unprofiled_ms: tuple[float, ...]
    profiled_ms: tuple[float, ...]
    model_run_ms: tuple[float, ...]
    nodes: tuple[ProfiledNode, ...]


class Contrasted(Struct, frozen=True, kw_only=True, tag="contrasted", tag_field="kind"):
    """Per-inference means, one of each model per round."""

    open_ms: tuple[float, ...]
    other_ms: tuple[float, ...]


class KernelsTimed(Struct, frozen=True, kw_only=True, tag="kernels-timed", tag_field="kind"):
    """Raw times of all cases, and the memory that was to be shown."""

    samples_us: tuple[tuple[float, ...], ...]
    """Per case: means of a call, in order."""
    compile_ms: tuple[float, ...]
    """Per case: compiling and instantiating its module."""
    shown: tuple[Bytes, ...]


class Recorded(Struct, frozen=True, kw_only=True, tag="recorded", tag_field="kind"):
    """Calls of one function in one run of a model."""

    calls: int
    rows: int
    """Of those calls, that were left with the memory; 0: it is not called, and nothing was left."""
    memory_bytes: int
    kept: tuple[int, ...]


class Replayed(Struct, frozen=True, kw_only=True, tag="replayed", tag_field="kind"):
    """Raw times of all cases."""

    samples_us: tuple[tuple[float, ...], ...]
    """Per case: means of a call, in order."""
    sha256: tuple[str, ...]
    """Per case: of memory and rows behind it after two passes over all rows."""


class NamedNode(Struct, frozen=True, kw_only=True):
    """A node as the profiler names it."""

    name: str
    op_type: str


class SameOutput(Struct, frozen=True, kw_only=True):
    """One output of both builds, byte by byte."""

    name: str
    size_bytes: int
    differing_bytes: int
    unsteady_bytes: int
    """Between two runs of what is open."""


class Instrumented(Struct, frozen=True, kw_only=True, tag="instrumented", tag_field="kind"):
    """Both sides of an instrumented pass, and the log of the rewritten build under the profiler."""

    outputs: tuple[SameOutput, ...]
    counted_us: float
    """What a hook costs where it only counts,"""
    timed_us: float
    """where it also times,"""
    inside_us: float
    """and how much of that lies between its two readings of the clock."""
    stock_ms: tuple[float, ...]
    hooked_ms: tuple[float, ...]
    periods: tuple[int, ...]
    """By function: every so many calls were timed."""
    calls: tuple[tuple[int, ...], ...]
    """By run and function."""
    log: tuple[str, ...]
    """By run, base64: lines as `gapprof.wasm.hooks` writes them, times in ms on the page's clock."""
    lost: int
    """Lines that found no room."""
    nodes: tuple[NamedNode, ...]
    model_runs_us: tuple[tuple[float, float], ...]
    """By run: begin and duration, on the profiler's clock."""
    spans_us: tuple[tuple[int, int, float, float], ...]
    """Run, node, begin, duration."""


class Felt(Struct, frozen=True, kw_only=True, tag="felt", tag_field="kind"):
    """Raw, in order."""

    frames_ms: tuple[float, ...]
    """Between frames' callbacks."""
    long_tasks_ms: tuple[float, ...]
    video_frames: int
    """Presented, behind the first one, ..."""
    video_dropped: int
    video_ms: float
    """... until the last one."""
    components_ms: dict[str, tuple[float, ...]]
    """Component → from when it was due until it was painted."""
    steps_ms: dict[str, tuple[float, ...]]
    """Step of an application → the same."""
    runs_ms: tuple[float, ...]
    """Of the model meanwhile, beside all but the steps."""


class Clicks(Struct, frozen=True, kw_only=True, tag="clicks", tag_field="kind"):
    """Raw, in order."""

    events_ms: tuple[float, ...]
    """From a click until the frame that answers it was painted."""


class Answered(Struct, frozen=True, kw_only=True, tag="answered", tag_field="kind"):
    """All runs are done; the outputs lie where they were wanted."""

    outputs: tuple[tuple[TensorSlice, ...], ...]
    """By run, offsets from where that run's outputs begin."""
    runs_ms: tuple[float, ...]


class Stepped(Struct, frozen=True, kw_only=True, tag="stepped", tag_field="kind"):
    """The step is done."""

    took_ms: float
    threads: int
    wasm_heap_bytes: int
    """Of all wasm memories of this realm."""
    heap_written_bytes: int
    """Of these, in pages, what was written for the first time since the first `scan`; as of the last."""


class FileSeen(Struct, frozen=True, kw_only=True):
    """A file as Resource Timing tells of it."""

    name: str
    size_bytes: int
    from_cache: bool
    fetch_ms: float


class Started(Struct, frozen=True, kw_only=True, tag="started", tag_field="kind"):
    """The step is done; what it has nothing to say of is empty."""

    threads: int
    stages_ms: dict[str, float]
    """In order, one after the other."""
    files: tuple[FileSeen, ...]
    runs_ms: tuple[float, ...]
    usual_ms: tuple[float, ...]
    unoptimised_ms: tuple[float, ...]
    unpacked_ms: tuple[float, ...]
    parse_ms: tuple[float, ...]


class GpuRecorded(Struct, frozen=True, kw_only=True, tag="gpurecorded", tag_field="kind"):
    """The recording was left where it was wanted, and the outputs of the last run as well."""

    outputs: tuple[TensorSlice, ...]
    runs_ms: tuple[float, ...]
    """All but the last, with the recorder at work: no latency of the model."""
    ort_version: str
    where: str


class GpuPlaced(Struct, frozen=True, kw_only=True, tag="gpuplaced", tag_field="kind"):
    """Nodes of the graph that ran; copies between processors are nodes, too."""

    nodes: tuple[PlacedNode, ...]
    tensors: tuple[SeenTensors, ...]
    """Of those nodes that the profiler tells them of."""


class Refused(Struct, frozen=True, kw_only=True, tag="refusal", tag_field="kind"):
    """The page cannot do that, by its nature."""

    reason: str


class Broke(Struct, frozen=True, kw_only=True, tag="failure", tag_field="kind"):
    """Something was thrown. `phase` as in `Failure.phase`."""

    phase: str
    name: str
    message: str
    stack: str


Answer = (
    Opened
    | Warmed
    | Timed
    | Profiled
    | Contrasted
    | KernelsTimed
    | Recorded
    | Replayed
    | Instrumented
    | Felt
    | Clicks
    | Answered
    | Stepped
    | Started
    | GpuRecorded
    | GpuPlaced
    | GpuListened
    | GpuReplayed
    | GpuTimelined
    | GpuToggled
    | GpuKernelsTimed
    | Refused
    | Broke
)
