"""The replay rungs: the calls that the library made for a model, made again without it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from msgspec.structs import replace

from gapprof.browser.trouble import VisitError, failure
from gapprof.errors import GapprofError, ModelUnusable
from gapprof.gpu import trace
from gapprof.gpu.replayed import PARTS, TraceFile, Where, watched
from gapprof.gpu.toggles import DEFAULT
from gapprof.records.environment import Setting
from gapprof.records.gpu import GpuReplay, Toggles
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Load, Profile, Seen, Trace, Trial

T = TypeVar("T")
LEAST_WARMUP = 3
LONGEST_WARMUP = 50
MOST_RUNS = 32
"""Whose courses and waits are kept."""
_TIMER_STEP_US = 5.0
"""Of an isolated page and of Node: finer than any run of a model on a GPU."""


@dataclass(slots=True, kw_only=True)
class ReplayBackend:
    """A fresh browser, or a fresh Node with Dawn, for every trial; each is held to the bytes recorded."""

    id: str
    where: Callable[[Setting], Where]
    """Raises GapprofError where this machine has no such place."""
    _files: dict[str, TraceFile] = field(default_factory=dict)

    def refuse(self, setting: Setting) -> str | None:
        """Why this machine cannot replay there, or not in that way."""
        if setting.pacing != "back-to-back":
            return "replays are made back to back: what waking up costs is the library's step"
        try:
            self.where(setting)
        except GapprofError as error:
            return f"{error.message}. {error.hint}".rstrip()
        return None

    def timed(self, job: Job) -> Trial | Failure:
        """Every call up to the steady run once, then that run so many times, then once on a spoilt input."""
        try:
            where, file = self.where(job.setting), self._file(job.calls_path)
            replayed, load = watched(
                file,
                where,
                toggles=Toggles(enabled=job.setting.toggles, disabled=DEFAULT.disabled),
                warmup=min(LONGEST_WARMUP, max(LEAST_WARMUP, job.pace.warmup_runs)),
                iterations=job.pace.samples * job.pace.batch,
                parts=PARTS,
            )
        except GapprofError as error:
            kind = "model" if isinstance(error, ModelUnusable) else "environment"
            return failure(job, VisitError(error.message, kind=kind, hint=error.hint), phase="timed")
        wrong = _wrong(replayed)
        if wrong:
            return failure(job, VisitError(wrong, kind="environment"), phase="timed")
        return _trial(job, replayed, load)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """Timed alone: a replay knows dispatches, and no operators."""
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        trouble = VisitError("replays are timed, not profiled", kind="environment")
        return failure(job, trouble, phase="start")

    def traced(self, _job: Job, _timed: Callable[[Trial], None]) -> Trace | Failure | None:
        """Nothing beside the calls is at work there."""
        return None

    def _file(self, calls_path: str) -> TraceFile:
        if calls_path not in self._files:
            path = Path(calls_path)
            self._files[calls_path] = TraceFile(path=path, trace=trace.read(path))
        return self._files[calls_path]


def _wrong(replayed: GpuReplay) -> str:
    """Why the replay proves nothing; empty: it gave what was recorded, and would have shown if it had not."""
    if replayed.errors:
        return f"the GPU reported {replayed.errors[0]}"
    if replayed.differing_bytes:
        return (
            f"{replayed.differing_bytes} of {replayed.compared_bytes} bytes read back are not the recorded "
            "ones, so the time is of something else"
        )
    if not replayed.exact:
        return "the comparison with the recorded bytes would not have shown a difference"
    return ""


def _trial(job: Job, replayed: GpuReplay, load: Load) -> Trial:
    batch, times, parts = job.pace.batch, replayed.total_ms, replayed.parts
    return Trial(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        batch=batch,
        samples_ms=tuple(fmean(times[at : at + batch]) for at in range(0, len(times), batch)),
        cold_ms={"create": replayed.setup_ms},
        seen=Seen(
            runtime_version="",
            engine_version=replayed.engine_version,
            threads=job.setting.threads,
            timer_step_us=_TIMER_STEP_US,
            where=replayed.where,
            adapter=replayed.adapter,
        ),
        load=load,
        courses=_few(replayed.courses),
        parts=replace(
            parts,
            end_waits_ms=_few(parts.end_waits_ms),
            inner_waits_ms=_few(parts.inner_waits_ms),
            pipelines_ms=_few(parts.pipelines_ms),
        ),
    )


def _few(values: tuple[T, ...]) -> tuple[T, ...]:
    """Every so many of them, so that recordings stay small: medians are read off them."""
    return values[:: max(1, -(-len(values) // MOST_RUNS))]
