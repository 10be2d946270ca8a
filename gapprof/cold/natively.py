"""The same way natively: a fresh process, its files read from the disk or still in the system's memory."""

import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from gapprof.cold.visits import KEPT_RUNS
from gapprof.proc import machine_busy_ms
from gapprof.records.cold import Cache, Creations, Start
from gapprof.records.job import Job
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Load
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

SETTLE_MS, SETTLE_RUNS, RECREATIONS = 500.0, 30, 4


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


def started(
    job: Job, *, cache: Cache, scratch: Path, now_s: Callable[[], float]
) -> tuple[Start | Creations, ...] | NativeRefusal:
    """A start, and after a warm one sessions made anew. Raises ModelUnusable where it does not end."""
    began, busy_ms = now_s(), machine_busy_ms()
    if cache == "cold":
        for file in (*_files(job), *_library()):
            _dropped(file)
    own_ms = _children_ms()
    request = {
        "model": job.model_path,
        "inputs": job.inputs_path,
        "threads": job.setting.threads,
        "settle_ms": SETTLE_MS,
        "settle_runs": SETTLE_RUNS,
        "kept_runs": KEPT_RUNS,
        "recreations": RECREATIONS if cache == "warm" else 0,
        "spawned_ns": time.monotonic_ns(),
    }
    said = child.ask("gapprof.native.start", request, scratch=scratch, deadline_s=job.pace.deadline_s)
    answer = answer_of(said, doing="be started", hint="Run without --cold.")
    if isinstance(answer, NativeRefusal):
        return answer
    told, ended, after_ms = msgspec.convert(answer, _Told), now_s(), machine_busy_ms()
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
        load=Load(
            wall_ms=(ended - began) * 1e3,
            machine_busy_ms=None if busy_ms is None or after_ms is None else after_ms - busy_ms,
            own_cpu_ms=_children_ms() - own_ms,
        ),
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


def _files(job: Job) -> Iterator[Path]:
    model = Path(job.model_path)
    yield model
    yield from (model.parent / name for name in job.external_data)


def _library() -> Iterator[Path]:
    """onnxruntime's shared libraries, which this process has not loaded."""
    found = importlib.util.find_spec("onnxruntime")
    for place in found.submodule_search_locations or () if found else ():
        yield from Path(place).glob("capi/*.so*")


def _dropped(file: Path) -> None:
    """Ask the system to forget what it keeps of a file in memory; what it maps elsewhere, it keeps."""
    if not hasattr(os, "posix_fadvise"):
        return
    with suppress(OSError):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # it forgets nothing that is not on the disk yet
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _children_ms() -> float:
    """CPU time of this process and of the children that it has reaped."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system) * 1e3
