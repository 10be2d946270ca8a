"""What is known of a GPU adapter, of a recording of WebGPU calls, and of a replay of it. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu_runs import RunCourse, RunParts

GpuBuild = Literal["asyncify", "jspi", "jsep", "webgl"]
"""onnxruntime-web's builds for GPUs. The first two hold the C++ WebGPU kernels that native onnxruntime has as
well; JSEP has kernels of its own, written in JavaScript, and so has the one for WebGL, which has no wasm."""
GpuPlace = Literal["chromium", "dawn"]
BY_SOFTWARE = frozenset({"--disable-gpu", "--use-angle=swiftshader"})
"""With any of these arguments a browser draws without a GPU."""


class AdapterIdentity(Struct, frozen=True, kw_only=True):
    """An adapter in its own words; empty: it does not say."""

    vendor: str
    architecture: str
    device: str
    description: str
    backend: str
    """`vulkan`, `D3D12`, `metal`; only with the browser's developer features, and in Dawn never."""
    driver: str
    kind: str
    """`CPU`, `discrete GPU`, `integrated GPU`; as `backend`."""
    is_fallback: bool | None
    """What the standard calls a fallback adapter; None: nobody says."""
    subgroup_sizes: tuple[int, int] | None
    features: tuple[str, ...]
    """Sorted."""
    limits: dict[str, int]


class RunCounts(Struct, frozen=True, kw_only=True):
    """One run of a model as the page asked the GPU for it."""

    run: int
    calls: dict[str, int]
    """WebGPU's own names, in alphabetical order."""
    dispatches: int
    submits: int
    uploaded_bytes: int
    """Written from JavaScript, by `writeBuffer` or into mapped buffers."""
    read_bytes: int
    """Of mapped buffers, as the page asked for them."""
    pipelines: int
    """Made within the run: none in a steady one, unless something is compiled over and over."""
    labels: tuple[str, ...] = ()
    """Of these pipelines, or of their shaders; each once."""
    shaders: int = 0
    """Made within the run, as text."""
    inner_reads: int = 0
    """Read-backs after which the run asks the GPU to compute again."""
    compile_ms: float = 0.0
    """For which the page waited for asynchronous pipelines, with the recorder at work: no latency of the
    model. Others are compiled when they are first used, which no call shows."""


class TraceSummary(Struct, frozen=True, kw_only=True):
    """A recording in figures."""

    size_bytes: int
    sha256: str
    blobs_bytes: int
    """Of it, what was written and read; each content once."""
    calls: int
    pipelines: int
    shaders: int
    setup_uploaded_bytes: int
    """Before the first run: weights, mostly."""
    setup_pipelines: int = 0
    """Before the first run, as well."""
    setup_shaders: int = 0
    setup_compile_ms: float = 0.0
    """As `RunCounts.compile_ms`."""
    runs: tuple[RunCounts, ...]
    adapter: AdapterIdentity


class Toggles(Struct, frozen=True, kw_only=True):
    """Dawn's switches, which browser and native Dawn take in the same words."""

    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


class ToggleProof(Struct, frozen=True, kw_only=True):
    """Whether a switch does what it says: a name that Dawn does not know is ignored without a word."""

    toggle: str
    wanted: bool
    """Whether it was switched to the unsafe side."""
    works: bool | None
    """None: what was seen tells nothing on this adapter."""
    seen: str


class GpuSpan(Struct, frozen=True, kw_only=True):
    """One dispatch in all iterations that were timed by the GPU's own clock."""

    pipeline: str
    """Its label, or that of its shader."""
    begins_ns: tuple[float, ...]
    """By iteration, from the begin of its first dispatch."""
    ends_ns: tuple[float, ...]


class GpuReplay(Struct, frozen=True, kw_only=True):
    """A recording replayed in one fresh browser or process. Times are raw, by iteration."""

    place: GpuPlace
    engine_version: str
    """Of the browser, or of Dawn's package and Node."""
    toggles: Toggles
    adapter: AdapterIdentity
    where: str | None
    """`main` or `worker`, as the code that ran found it; None without a browser."""
    left_out: tuple[str, ...]
    """Experimental features and limits of the recording that this adapter does not know."""
    setup_ms: float
    """Everything before the steady run, earlier runs and the compiling of shaders included."""
    pipelines_ms: float
    """Of it, waiting for pipelines."""
    total_ms: tuple[float, ...]
    encode_ms: tuple[float, ...]
    """From the begin to the last submit. Never to be compared between a browser, which only passes calls on,
    and native code, which carries them out."""
    submit_to_map_ms: tuple[float, ...]
    """From the last submit until the last read-back is mapped."""
    courses: tuple[RunCourse, ...]
    """Of the same runs."""
    parts: RunParts
    """With the negative control of the timed runs."""
    compared_bytes: int
    differing_bytes: int
    """Of bytes read back in all runs and iterations, against the recorded ones."""
    errors: tuple[str, ...]
    """What the GPU reported and nobody asked for, each once."""

    @property
    def exact(self) -> bool:
        """Whether every byte was as recorded, and the comparison could have told."""
        noticed = self.parts.control_differing_bytes > 0
        return self.compared_bytes > 0 and self.differing_bytes == 0 and noticed


class GpuTimeline(Struct, frozen=True, kw_only=True):
    """The dispatches of a steady run by the GPU's own clock, each in a pass of its own."""

    place: GpuPlace
    engine_version: str
    toggles: Toggles
    adapter: AdapterIdentity
    dispatches: tuple[GpuSpan, ...]
    waited_ms: tuple[float, ...]
    """By run: what it waits for the GPU, for read-backs mostly, all waits together."""
    waits: int
    """Of a run."""
    idle_map_ms: tuple[float, ...]
    """Once each run was over: one wait for a read-back that only a small copy was queued before, ..."""
    idle_map_bytes: int
    """... of so many bytes."""
    empty_ns: tuple[float, ...]
    """Of single dispatches in which nothing is done: what any dispatch takes on this adapter."""
    compared_bytes: int
    differing_bytes: int
    """Of bytes read back in all runs, against the recorded ones."""
    errors: tuple[str, ...]
    """What the GPU reported and nobody asked for, each once."""


class PlacedNode(Struct, frozen=True, kw_only=True):
    """A node of the graph that ran, and who ran it."""

    name: str
    op_type: str
    provider: str
    """`WebGpuExecutionProvider`, `JsExecutionProvider`, `CPUExecutionProvider`, ..."""


class SeenTensor(Struct, frozen=True, kw_only=True):
    """What a node read or wrote, as the runtime's profiler saw it."""

    type: str
    """In onnxruntime's words: `float`, `int64`, ..."""
    shape: tuple[int, ...]


class SeenTensors(Struct, frozen=True, kw_only=True):
    """All of one node. Inputs that are left out are none of them."""

    name: str
    inputs: tuple[SeenTensor, ...]
    outputs: tuple[SeenTensor, ...]
