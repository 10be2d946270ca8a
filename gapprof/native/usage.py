"""Who used the machine while something ran."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gapprof.native.stopwatch import elapsed_ms
from gapprof.proc import cpu_ms_of, machine_busy_ms, thread_difference, thread_use
from gapprof.records.trial import Load, ThreadUse

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    busy_ms: float | None
    own_ms: float
    threads: dict[int, ThreadUse]


def with_load(action: Callable[[], T]) -> tuple[T, Load]:
    """Run `action`; what it returned, and the load meanwhile, read before and after, without idle threads."""
    result: list[T] = []
    before = _figures()
    wall_ms = elapsed_ms(lambda: result.append(action()))
    after = _figures()
    busy_ms = None
    if before.busy_ms is not None and after.busy_ms is not None:
        busy_ms = after.busy_ms - before.busy_ms
    threads = thread_difference(before.threads, after.threads)
    load = Load(
        wall_ms=wall_ms,
        machine_busy_ms=busy_ms,
        own_cpu_ms=after.own_ms - before.own_ms,
        threads=tuple(use for use in threads if use.cpu_ms or use.run_queue_ms),
    )
    return result[0], load


def _figures() -> _Figures:
    return _Figures(
        busy_ms=machine_busy_ms(),
        own_ms=time.process_time_ns() / 1e6 + cpu_ms_of([os.getppid()]),
        threads=thread_use(os.getpid(), "native"),
    )
