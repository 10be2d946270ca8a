"""What Python and a page, or Node, say to each other of WebGPU; a part of `records.wire`."""

from msgspec import Struct

from gapprof.records.gpu import AdapterIdentity, GpuSpan
from gapprof.records.gpu_runs import RunCourse, RunParts


class DawnAddress(Struct, frozen=True, kw_only=True):
    """Dawn as a Node module."""

    module_url: str
    toggles: tuple[str, ...]
    """As Dawn's `create` takes them: `enable-dawn-features=...`."""


class GpuSegment(Struct, frozen=True, kw_only=True):
    """Part of a recording: its calls from `begin` up to `end`."""

    begin: int
    end: int
    spoilt: tuple[int, ...]
    """Blobs that the negative control changes."""


class GpuReplayTask(Struct, frozen=True, kw_only=True, tag="gpureplay", tag_field="kind"):
    """A recording up to its steady run once, then that run on a spoilt input, then over and over, on the
    spoilt one between, then its parts."""

    dawn: DawnAddress | None
    """None: the page's own WebGPU."""
    trace_url: str
    segment: GpuSegment
    warmup: int
    iterations: int
    parts: int
    """How often each part of a run is measured, at the most; 0: not at all."""
    where: str
    """`main` or `worker`: the thread of the page that makes the calls. Node has one."""


class GpuTimelineTask(Struct, frozen=True, kw_only=True, tag="gputimeline", tag_field="kind"):
    """The same with a pass of its own for each dispatch, between two timestamps."""

    dawn: DawnAddress | None
    trace_url: str
    segment: GpuSegment
    warmup: int
    iterations: int


class GpuTogglesTask(Struct, frozen=True, kw_only=True, tag="gputoggles", tag_field="kind"):
    """Do what Dawn's safety switches change."""

    dawn: DawnAddress | None


class GpuListenTask(Struct, frozen=True, kw_only=True, tag="gpulisten", tag_field="kind"):
    """Some more runs of the session that is open, with the times of submits and waits taken."""

    runs: int


class GpuCandidate(Struct, frozen=True, kw_only=True):
    """A compute shader, and how many workgroups it is launched with."""

    code: str
    grid: tuple[int, int, int]


class GpuProblem(Struct, frozen=True, kw_only=True):
    """Shaders that are to compute the same."""

    data_url: str
    """What they read, buffer after buffer, and what must come out."""
    sizes: tuple[int, ...]
    """Bytes of each buffer; the last one is written."""
    most_apart: float
    """What is further from what must come out is wrong, and no measure for others."""
    candidates: tuple[GpuCandidate, ...]


class GpuKernelsTask(Struct, frozen=True, kw_only=True, tag="gpukernels", tag_field="kind"):
    """Run each shader once, compare what it gives, and time all of them in turns."""

    problems: tuple[GpuProblem, ...]
    power: str
    """`powerPreference` of the adapter, as the library asked for it; empty: none."""
    seed: int
    """Of the order in each round."""
    samples: int
    """Rounds that count, at the most."""
    given_up: float
    """Times the fastest of a problem, above which one is timed no more; 0: none is."""
    budget_ms: float
    """For all of it. By 60 % of it shaders have to be ready, but for the first of each problem; what is not
    is not timed. One round is measured in any case."""


class GpuReplayed(Struct, frozen=True, kw_only=True, tag="gpureplayed", tag_field="kind"):
    """Raw, by iteration; see `records.gpu.GpuReplay`."""

    adapter: AdapterIdentity
    where: str | None
    left_out: tuple[str, ...]
    setup_ms: float
    pipelines_ms: float
    total_ms: tuple[float, ...]
    encode_ms: tuple[float, ...]
    submit_to_map_ms: tuple[float, ...]
    courses: tuple[RunCourse, ...]
    parts: RunParts
    compared_bytes: int
    differing_bytes: int
    errors: tuple[str, ...]


class GpuListened(Struct, frozen=True, kw_only=True, tag="gpulistened", tag_field="kind"):
    """By run; empty: nothing was submitted in the realm that holds the session."""

    courses: tuple[RunCourse, ...]


class GpuTimelined(Struct, frozen=True, kw_only=True, tag="gputimelined", tag_field="kind"):
    """By dispatch, and by iteration; see `records.gpu.GpuTimeline`."""

    adapter: AdapterIdentity
    dispatches: tuple[GpuSpan, ...]
    waited_ms: tuple[float, ...]
    waits: int
    idle_map_ms: tuple[float, ...]
    idle_map_bytes: int
    empty_ns: tuple[float, ...]
    compared_bytes: int
    differing_bytes: int
    errors: tuple[str, ...]


class GpuToggled(Struct, frozen=True, kw_only=True, tag="gputoggled", tag_field="kind"):
    """What was seen; `gapprof.gpu.toggles` says what it means."""

    adapter: AdapterIdentity
    over_the_limit: str
    """The error that a dispatch of too many workgroups met; empty: none."""
    read_outside: int
    """What a shader read behind the end of its binding, where ..."""
    planted_outside: int
    """... this stands."""
    timestamps_ns: tuple[float, ...]
    """Of passes one after the other, since the first; empty: the adapter has none."""
    leftovers: int
    """Workgroups that found in their memory what another one had left there, ..."""
    workgroups: int
    """... of so many."""


class GpuCandidateTimed(Struct, frozen=True, kw_only=True):
    """Raw, by round; see `records.gpu_kernels.GpuKernelTime`."""

    samples_ns: tuple[float, ...]
    compile_ms: float
    difference: float | None
    odd: int
    late: bool
    why: str


class GpuProblemTimed(Struct, frozen=True, kw_only=True):
    """In the order of the task."""

    candidates: tuple[GpuCandidateTimed, ...]


class GpuKernelsTimed(Struct, frozen=True, kw_only=True, tag="gpukernels-timed", tag_field="kind"):
    """All problems."""

    adapter: AdapterIdentity
    problems: tuple[GpuProblemTimed, ...]
    errors: tuple[str, ...]
