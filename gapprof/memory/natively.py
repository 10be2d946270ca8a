"""The same life in a native process, which reads its own figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from gapprof.measure.quiet import from_now
from gapprof.memory.visits import CHUNK_MS, CHUNKS, LEAST_RUNS, MOST_RUNS
from gapprof.records.job import Job
from gapprof.records.memory import Held, MemoryTrial
from gapprof.records.subject import NativeRefusal
from gapprof.subject import child
from gapprof.subject.refusal import answer_of

STEADY_MS = 300.0
"""Nothing is compiled here; an arena has its size after a few runs."""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What `gapprof.native.footprint` answers."""

    stages: tuple[Held, ...]
    chunks: tuple[Held, ...]
    told_by: Literal["pss", "rss"]


def looked(
    job: Job, *, arena: bool, model_bytes: int, scratch: Path, now_s: Callable[[], float]
) -> MemoryTrial | NativeRefusal:
    """A fresh process, through all stages. Raises ModelUnusable where it does not end."""
    began, since = now_s(), from_now()
    request = {
        "model": job.model_path,
        "inputs": job.inputs_path,
        "threads": job.setting.threads,
        "arena": arena,
        "steady_ms": STEADY_MS,
        "chunks": CHUNKS,
        "chunk_ms": CHUNK_MS,
        "least_runs": LEAST_RUNS,
        "most_runs": MOST_RUNS,
    }
    said = child.ask("gapprof.native.footprint", request, scratch=scratch, deadline_s=job.pace.deadline_s)
    answer = answer_of(said, doing="be looked at", hint="Run without --memory.")
    if isinstance(answer, NativeRefusal):
        return answer
    told = msgspec.convert(answer, _Told)
    return MemoryTrial(
        side="native",
        arena=arena,
        round=job.round,
        started_s=began,
        ended_s=now_s(),
        threads=job.setting.threads,
        model_bytes=model_bytes,
        module_bytes=0,
        stages=told.stages,
        chunks=told.chunks,
        told_by=told.told_by,
        load=since.load(),
    )
