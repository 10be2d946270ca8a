"""A ladder to WebGPU whose runs are made of known parts, told as replays and listened runs would have."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.records.calls import RecordedCalls
from gapprof.records.gpu import PlacedNode, RunCounts, TraceSummary
from gapprof.records.gpu_runs import RunCourse, RunParts
from gapprof.records.recording import Entry, Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import record
from tests.unit.gpu.written import SWIFTSHADER

NATIVE_MS = 10.0
FACTORS = {"replay-native-unsafe": 1.0, "replay-native": 1.0, "replay-web": 1.6, "web-session": 1.5}
"""So that the replay without a browser takes 10 ms, the one in it 16 ms, and the library 24 ms."""
SETTINGS = Settings(backend="webgpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """ms of one replayed run; all else is the GPU's own work."""

    upload_ms: float = 0.25
    submission_ms: float = 0.5
    inner_reads_ms: float = 0.0
    pipelines_ms: float = 0.0
    held_up_ms: float = 0.0
    """Of these, what the thread that makes the calls waits for."""
    read_back_ms: float = 0.25
    end_wait_ms: float = 4.0
    between_ms: float = 0.25
    before_ms: float = 0.25
    largest_ms: float = 0.125


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """By rung; rungs that are not named have ordinary runs."""

    by_rung: Mapping[str, Planted] = field(default_factory=dict)
    placed: tuple[PlacedNode, ...] = ()
    dispatches: int = 1000
    pipelines: int = 0
    inner_reads: int = 0
    differing_bytes: int = 0
    odd_pass_ms: tuple[float, ...] = ()
    """Whole runs more than there are others."""
    recorded: bool = True
    compiled: bool = True
    """Runs without compiling were made where runs compile, as since 1.14."""
    noise: float = 0.002


def recording_of(runs: Runs) -> Recording:
    """Six rounds of the ladder, with what was planted in every trial of a GPU."""
    machine = Machine(latency_ms=ladder_ms(FACTORS, native_ms=NATIVE_MS, backend="webgpu"), noise=runs.noise)
    whole = record(machine, SETTINGS)
    entries: list[Entry] = [_with_parts(one, runs) for one in whole.entries]
    if runs.recorded:
        entries.insert(1, _calls(runs))
    return msgspec.structs.replace(whole, entries=tuple(entries))


def _with_parts(entry: Entry, runs: Runs) -> Entry:
    if not isinstance(entry, Trial) or entry.rung in ("native", "native-cpu"):
        return entry
    planted = runs.by_rung.get(entry.rung, Planted())
    whole_ms = sorted(entry.samples_ms)[len(entry.samples_ms) // 2] if entry.samples_ms else 0.0
    course = RunCourse(
        before_ms=planted.before_ms,
        submits_ms=0.125,
        between_ms=planted.between_ms,
        after_ms=0.125,
        waits_ms=planted.end_wait_ms,
        largest_ms=planted.largest_ms,
        submits=8,
    )
    parts = RunParts(
        end_waits_ms=(planted.end_wait_ms,) * 3,
        inner_waits_ms=(planted.inner_reads_ms,) * 3,
        pipelines_ms=(planted.held_up_ms,) * 3,
        setup_pipelines_ms=120.0,
        whole_ms=(whole_ms,) * 3 + runs.odd_pass_ms,
        prepared_ms=(whole_ms - planted.submission_ms - planted.pipelines_ms,) * 3,
        compiled_ms=(whole_ms - planted.pipelines_ms,) * 3 if runs.pipelines and runs.compiled else (),
        unbroken_ms=(whole_ms - planted.inner_reads_ms,) * 3 if runs.inner_reads else (),
        reading_ms=(planted.read_back_ms,) * 3,
        uploading_ms=(1.0 + planted.upload_ms,) * 3,
        answering_ms=(1.0,) * 3,
        compared_bytes=1000,
        differing_bytes=runs.differing_bytes,
        proven_runs=3,
        control_compared_bytes=1000,
        control_differing_bytes=900,
    )
    replayed = entry.rung.startswith("replay")
    return msgspec.structs.replace(entry, courses=(course,) * 3, parts=parts if replayed else None)


def _calls(runs: Runs) -> RecordedCalls:
    run = RunCounts(
        run=0,
        calls={"dispatchWorkgroups": runs.dispatches},
        dispatches=runs.dispatches,
        submits=8,
        uploaded_bytes=128,
        read_bytes=128,
        pipelines=3,
        labels=("Mul", "Add", "Neg"),
        shaders=3,
        compile_ms=75.0,
    )
    steady = msgspec.structs.replace(
        run,
        run=1,
        pipelines=runs.pipelines,
        labels=("Mul",) if runs.pipelines else (),
        shaders=runs.pipelines,
        inner_reads=runs.inner_reads,
        compile_ms=0.0,
    )
    return RecordedCalls(
        took_s=3.0,
        build="asyncify",
        wasm_file="ort-wasm-simd-threaded.asyncify.wasm",
        summary=TraceSummary(
            size_bytes=1 << 16,
            sha256="0" * 64,
            blobs_bytes=1 << 12,
            calls=9000,
            pipelines=4,
            shaders=4,
            setup_uploaded_bytes=1 << 12,
            setup_pipelines=1,
            setup_shaders=1,
            setup_compile_ms=25.0,
            runs=(run, steady),
            adapter=SWIFTSHADER,
        ),
        placed=runs.placed,
    )
