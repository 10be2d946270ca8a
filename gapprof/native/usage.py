"""Who used the machine while something ran."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gapprof.native.stopwatch import now_ms
from gapprof.proc import cpu_ms_of, machine_busy_ms, thread_difference, thread_sum, thread_use
from gapprof.records.trial import Load, ThreadUse

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the system says at one moment."""

    at_ms: float
    busy_ms: float | None
    own_ms: float
    threads: dict[int, ThreadUse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was used of the machine while something ran; of two stretches it adds up."""

    wall_ms: float
    busy_ms: float | None
    own_ms: float
    threads: Mapping[int, ThreadUse]
    """Thread id → use."""
    windows: int = 1

    def __add__(self, other: "Spent") -> "Spent":
        known = self.busy_ms is not None and other.busy_ms is not None
        return Spent(
            wall_ms=self.wall_ms + other.wall_ms,
            busy_ms=(self.busy_ms or 0.0) + (other.busy_ms or 0.0) if known else None,
            own_ms=self.own_ms + other.own_ms,
            windows=self.windows + other.windows,
            threads={
                **self.threads,
                **other.threads,
                **{
                    tid: thread_sum(self.threads[tid], other.threads[tid])
                    for tid in self.threads.keys() & other.threads
                },
            },
        )

    @property
    def load(self) -> Load:
        """Without idle threads."""
        return Load(
            wall_ms=self.wall_ms,
            machine_busy_ms=self.busy_ms,
            own_cpu_ms=self.own_ms,
            windows=self.windows,
            threads=tuple(use for use in self.threads.values() if use.cpu_ms or use.run_queue_ms),
        )


def spent_by(action: Callable[[], T]) -> tuple[T, Spent]:
    """Run `action`; what it returned, and what was used meanwhile, read before and after."""
    before = figures()
    result = action()
    return result, between(before, figures())


def figures() -> Figures:
    """Now."""
    return Figures(
        at_ms=now_ms(),
        busy_ms=machine_busy_ms(),
        own_ms=time.process_time_ns() / 1e6 + cpu_ms_of([os.getppid()]),
        threads=thread_use(os.getpid(), "native"),
    )


def between(before: Figures, after: Figures) -> Spent:
    """What was used from one moment to another."""
    known = before.busy_ms is not None and after.busy_ms is not None
    uses = thread_difference(before.threads, after.threads)
    return Spent(
        wall_ms=after.at_ms - before.at_ms,
        busy_ms=(after.busy_ms or 0.0) - (before.busy_ms or 0.0) if known else None,
        own_ms=after.own_ms - before.own_ms,
        threads=dict(zip(sorted(after.threads), uses, strict=True)),
    )


def with_load(action: Callable[[], T]) -> tuple[T, Load]:
    """The same with the load that it was."""
    result, spent = spent_by(action)
    return result, spent.load
