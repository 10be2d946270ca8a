"""The same way natively: a fresh process, its files read from the disk or still in the system's memory."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from gapprof.cold.forgotten import forget, resident_bytes
from gapprof.cold.visits import KEPT_RUNS
from gapprof.measure.quiet import from_now
from gapprof.native.interpreter import Interpreter
from gapprof.native.runtime import CPU
from gapprof.records.cold import Cache, Creations, KeptFiles, Start
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

SETTLE_MS, SETTLE_RUNS, RECREATIONS = 500.0, 30, 4
_LIBRARY = "onnxruntime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Natively:
    """Whose onnxruntime is started, and for what."""

    interpreter: Interpreter | None = None
    """None: that which runs gapprof."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the environment there."""
    provider: str = CPU


BESIDE_US = Natively()


class _Creations(msgspec.Struct, frozen=True, kw_only=True):
    usual_ms: tuple[float, ...] = ()
    unoptimised_ms: tuple[float, ...] = ()
    unpacked_ms: tuple[float, ...] = ()
    parse_ms: tuple[float, ...] = ()


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `gapprof.native.start` answers."""

    stages_ms: dict[str, float]
    observed_ms: float
    runs_ms: tuple[float, ...]
    creations: _Creations
    read_bytes: dict[str, int]
    files: tuple[str, ...]


def loaded_files(
    job: Job, *, scratch: Path, natively: Natively = BESIDE_US
) -> tuple[Path, ...] | NativeRefusal:
    """What a start reads of Python and of libraries, from one that is not told of. Raises ModelUnusable."""
    answer = _asked(job, scratch, natively, settle_ms=0.0, settle_runs=1)
    if isinstance(answer, NativeRefusal):
        return answer
    return tuple(Path(file) for file in msgspec.convert(answer, _Told).files)


def started(
    job: Job,
    *,
    cache: Cache,
    loaded: Sequence[Path],
    scratch: Path,
    now_s: Callable[[], float],
    natively: Natively = BESIDE_US,
) -> tuple[Start | Creations, ...] | NativeRefusal:
    """A start, and after a warm one sessions made anew. Raises ModelUnusable where it does not end.

    `loaded`: see `loaded_files`; before a cold start the system is asked to forget these, and the model.
    """
    began, since = now_s(), from_now()
    kept: list[KeptFiles | None] = []
    if cache == "cold":
        by_stage = _read_by_stage(job, loaded)
        for files in by_stage.values():
            forget(files)
        kept = [_kept(stage, files) for stage, files in by_stage.items()]
    answer = _asked(job, scratch, natively, recreations=RECREATIONS if cache == "warm" else 0)
    if isinstance(answer, NativeRefusal):
        return answer
    told, ended = msgspec.convert(answer, _Told), now_s()
    start = Start(
        side="native",
        cache=cache,
        round=job.round,
        started_s=began,
        ended_s=ended,
        threads=job.setting.threads,
        stages_ms=told.stages_ms,
        observed_ms=told.observed_ms,
        runs_ms=told.runs_ms,
        read_bytes=told.read_bytes,
        kept_files=tuple(one for one in kept if one is not None),
        load=since.load(),
    )
    if cache == "cold":
        return (start,)
    made = told.creations
    creations = Creations(
        side="native",
        round=job.round,
        started_s=began,
        ended_s=ended,
        usual_ms=made.usual_ms,
        unoptimised_ms=made.unoptimised_ms,
        unpacked_ms=made.unpacked_ms,
        parse_ms=made.parse_ms,
    )
    return (start, creations)


def _asked(job: Job, scratch: Path, natively: Natively, **changes: Any) -> dict[str, Any] | NativeRefusal:
    request = {
        "model": job.model_path,
        "inputs": job.inputs_path,
        "threads": job.setting.threads,
        "settle_ms": SETTLE_MS,
        "settle_runs": SETTLE_RUNS,
        "kept_runs": KEPT_RUNS,
        "recreations": 0,
        "provider": natively.provider,
        "unbounded": natively.provider != CPU,
        **changes,
        "spawned_ns": time.monotonic_ns(),
    }
    said = child.ask(
        "gapprof.native.start",
        request,
        scratch=scratch,
        deadline_s=job.pace.deadline_s,
        interpreter=natively.interpreter,
        variables=natively.variables,
    )
    return answer_of(said, doing="be started", hint="Run without --cold.")


def _read_by_stage(job: Job, loaded: Sequence[Path]) -> Mapping[str, Sequence[Path]]:
    """Stage → files; what Python itself reads it has read before onnxruntime is imported."""
    model = Path(job.model_path)
    library = {file for file in loaded if _LIBRARY in file.parts}
    return {
        "process": [file for file in loaded if file not in library],
        "import": sorted(library),
        "session": [model, *(model.parent / name for name in job.external_data)],
    }


def _kept(stage: str, files: Sequence[Path]) -> KeptFiles | None:
    """None where the system does not say of all of them."""
    resident = [resident_bytes(file) for file in files]
    known = [size for size in resident if size is not None]
    if len(known) < len(files):
        return None
    return KeptFiles(
        stage=stage, size_bytes=sum(file.stat().st_size for file in files), kept_bytes=sum(known)
    )
