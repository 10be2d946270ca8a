"""What a run on WebGPU would have left of its dispatches, added to a recording of the synthetic machine."""

from collections.abc import Sequence

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.gpu.toggles import DEFAULT
from gapprof.records.calls import RecordedCalls
from gapprof.records.dispatches import AskedDispatch, TimedDispatches
from gapprof.records.gpu import AdapterIdentity, GpuSpan, GpuTimeline, PlacedNode, RunCounts, TraceSummary
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from tests.truth.recorder import record
from tests.unit.gpu.written import SWIFTSHADER

GPU, CPU = "WebGpuExecutionProvider", "CPUExecutionProvider"
AMPERE = replace(
    SWIFTSHADER,
    vendor="nvidia",
    architecture="ampere",
    device="",
    description="NVIDIA A100",
    kind="discrete GPU",
    is_fallback=False,
)
RUNS = 4
LUCK = (0.9, 1.0, 1.1, 1.0)
"""By run."""
GAP_NS = 1000.0
EMPTY_NS = 5000.0
READ_BYTES = 640


def node(name: str, op_type: str, provider: str = GPU) -> PlacedNode:
    return PlacedNode(name=name, op_type=op_type, provider=provider)


def spans(dispatches: Sequence[tuple[str, float]]) -> tuple[GpuSpan, ...]:
    """Program and ms, one after the other with a gap between two."""
    found, begins = [], [0.0] * RUNS
    for program, ms in dispatches:
        ends = [begin + ms * luck * 1e6 for begin, luck in zip(begins, LUCK, strict=True)]
        found.append(GpuSpan(pipeline=program, begins_ns=tuple(begins), ends_ns=tuple(ends)))
        begins = [end + GAP_NS for end in ends]
    return tuple(found)


def timed(
    launched: Sequence[tuple[str, float]], /, *, adapter: AdapterIdentity = AMPERE, **changes: object
) -> TimedDispatches:
    """All but the last dispatch go with a first submit, that one and the read-back with a second."""
    timeline = GpuTimeline(
        place="dawn",
        engine_version="webgpu 0.6.2, Node v24",
        toggles=DEFAULT,
        adapter=adapter,
        dispatches=spans(launched),
        waited_ms=tuple(12.0 * luck for luck in LUCK),
        waits=1,
        idle_map_ms=(0.4, 0.5, 0.6, 0.5),
        idle_map_bytes=16 * len(launched),
        empty_ns=(EMPTY_NS,) * 5,
        compared_bytes=READ_BYTES,
        differing_bytes=0,
        errors=(),
    )
    return TimedDispatches(
        took_s=1.0,
        timeline=replace(timeline, **changes),
        asked=tuple(
            AskedDispatch(
                program=program,
                workgroups=(4, 1, 1),
                bound_bytes=1 << 20,
                submit=int(at == len(launched) - 1),
            )
            for at, (program, _) in enumerate(launched)
        ),
        submits=2,
    )


def recording(nodes: Sequence[PlacedNode], found: TimedDispatches) -> Recording:
    """A whole run on WebGPU that ended with it."""
    run = RunCounts(
        run=3,
        calls={},
        dispatches=len(found.asked),
        submits=2,
        uploaded_bytes=8,
        read_bytes=READ_BYTES,
        pipelines=0,
    )
    calls = RecordedCalls(
        took_s=1.0,
        build="asyncify",
        wasm_file="ort-wasm-simd-threaded.asyncify.wasm",
        summary=TraceSummary(
            size_bytes=1000,
            sha256="0" * 64,
            blobs_bytes=500,
            calls=100,
            pipelines=3,
            shaders=3,
            setup_uploaded_bytes=400,
            runs=(run,),
            adapter=AMPERE if found.timeline is None else found.timeline.adapter,
        ),
        placed=tuple(nodes),
    )
    made = record(Machine(latency_ms=ladder_ms({}, backend="webgpu")), Settings(backend="webgpu"))
    *entries, end = made.entries
    return replace(made, entries=(calls, *entries, found, end))
