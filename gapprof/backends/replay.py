"""A recording played back: the same plan meets the same outcomes, without a clock, a process or a browser."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec import Struct

from gapprof.errors import WrongUse
from gapprof.fast_cores import Waiting, unheard
from gapprof.guard import Guard
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Profile, Trace, Trial

T = TypeVar("T", bound=Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Answers each visit with what the recording holds for that rung, in order."""

    recording: Recording
    _visits: dict[str, deque[Trial | Failure]]
    _profiles: dict[str, deque[Profile]]
    _traces: dict[str, deque[Trace]]
    id: str = "replay"

    def refuse(self, setting: Setting) -> str | None:
        """What the recorded machine refused."""
        preflight = self.recording.preflight
        steps = preflight.ladder if preflight else ()
        return next((step.refusal for step in steps if step.setting == setting and step.refusal), None)

    def timed(self, job: Job) -> Trial | Failure:
        """The next recorded outcome of that rung."""
        return _next(self._visits, job, missing=_missing)

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The next recorded outcome of that rung, then the next recorded profile."""
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        return _next(self._profiles, job, missing=_missing)

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        """The next recorded outcome of that rung, then the next recorded trace; None where there is none."""
        if not self._traces.get(job.rung):
            return None
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        return _next(self._traces, job, missing=_missing)


def replay(recording: Recording) -> Replay:
    """A backend that gives what was recorded, whatever its setting asks for."""
    visits: dict[str, deque[Trial | Failure]] = defaultdict(deque)
    profiles: dict[str, deque[Profile]] = defaultdict(deque)
    traces: dict[str, deque[Trace]] = defaultdict(deque)
    for entry in recording.entries:
        match entry:
            case Trial() | Failure():
                visits[entry.rung].append(entry)
            case Profile():
                profiles[entry.rung].append(entry)
            case Trace():
                traces[entry.rung].append(entry)
            case _:
                pass
    return Replay(recording=recording, _visits=visits, _profiles=profiles, _traces=traces)


@dataclass(frozen=True, slots=True)
class _Opener:
    id: str = "replay"

    def open(self, _settings: Settings, _guard: Guard, _waiting: Waiting = unheard) -> Backend:
        """A replay needs a recording: make one with `replay(recording)`."""
        raise WrongUse("a replay needs a recording", hint="Use gapprof.backends.replay.replay(recording).")


BACKEND = _Opener()

R = TypeVar("R")


def _next(queues: dict[str, deque[T]], job: Job, *, missing: Callable[[Job], R]) -> T | R:
    queue = queues.get(job.rung)
    return queue.popleft() if queue else missing(job)


def _missing(job: Job) -> Failure:
    return Failure(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        phase="start",
        kind="environment",
        message=f"the recording holds no further visit of {job.rung}",
    )
