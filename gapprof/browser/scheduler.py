"""Who used the processors while the page was timed: each thread of the browser, and the whole machine."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from gapprof.browser.crew import Crew, processes
from gapprof.browser.launch import Browser
from gapprof.browser.page import Page
from gapprof.proc import (
    cpu_ms_of,
    machine_busy_ms,
    machine_stolen_ms,
    thread_difference,
    thread_sum,
    thread_use,
)
from gapprof.records.trial import Load, ThreadUse

LEAST_MS = 0.1
"""Threads that used and waited for less than this are left out; a browser has a hundred of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Counters at one moment; only the difference of two means something."""

    at_s: float
    machine_busy_ms: float | None
    machine_stolen_ms: float | None
    own_cpu_ms: float
    threads: dict[int, dict[int, ThreadUse]]
    """Process id → thread id → use."""
    threads_at_s: float


Window = tuple[Snapshot, Snapshot]
"""From when, until when."""


async def before(page: Page, browser: Browser, crew: Crew) -> Snapshot:
    """Counters now. What is read last is closest to the stretch that follows."""
    kinds = await processes(page.connection)
    read_s, threads = time.perf_counter(), _threads(kinds, crew)
    return replace(_snapshot(browser, at_s=0.0), threads=threads, threads_at_s=read_s)


async def after(page: Page, browser: Browser, crew: Crew) -> Snapshot:
    """Counters now. What is read first is closest to the stretch that ended, the clock before all."""
    ended = time.perf_counter()
    counters = _snapshot(browser, at_s=ended)
    kinds = await processes(page.connection)
    read_s, threads = time.perf_counter(), _threads(kinds, crew)
    return replace(counters, threads=threads, threads_at_s=read_s)


def load(first: Snapshot, last: Snapshot, *, runs_ms: float | None = None) -> Load:
    """What happened between two snapshots; `runs_ms` as in `load_in`."""
    return load_in([(first, last)], [(first, last)], runs_ms=runs_ms)


def load_in(windows: Sequence[Window], pieces: Sequence[Window], *, runs_ms: float | None = None) -> Load:
    """What the machine did in these windows together, and each thread in these pieces of them.

    `runs_ms`: all that the thread with the model did, where that is a worker, which does nothing else.
    """
    uses = _uses(pieces)
    return Load(
        wall_ms=sum(last.at_s - first.at_s for first, last in windows) * 1e3,
        machine_busy_ms=_sum(_difference(a.machine_busy_ms, b.machine_busy_ms) for a, b in windows),
        stolen_ms=_sum(_difference(a.machine_stolen_ms, b.machine_stolen_ms) for a, b in windows),
        own_cpu_ms=sum(last.own_cpu_ms - first.own_cpu_ms for first, last in windows),
        threads=tuple(use for use in uses if use.role or max(use.cpu_ms, use.run_queue_ms) >= LEAST_MS),
        threads_wall_ms=sum(last.threads_at_s - first.threads_at_s for first, last in pieces) * 1e3,
        at_work_ms=runs_ms if _in_worker(uses) else None,
        windows=len(windows),
    )


def _uses(pieces: Iterable[Window]) -> list[ThreadUse]:
    """Of each thread in all pieces, by process and thread."""
    sums: dict[tuple[int, int], ThreadUse] = {}
    for first, last in pieces:
        for pid, threads in last.threads.items():
            uses = thread_difference(first.threads.get(pid, {}), threads)
            for tid, use in zip(sorted(threads), uses, strict=True):
                sums[pid, tid] = thread_sum(sums[pid, tid], use) if (pid, tid) in sums else use
    return [sums[key] for key in sorted(sums)]


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _difference(first: float | None, last: float | None) -> float | None:
    return None if first is None or last is None else last - first


def _in_worker(uses: Sequence[ThreadUse]) -> bool:
    """Whether another thread of the page's than its main one runs the model."""
    return {"main", "inference"} <= {use.role for use in uses}


def _threads(kinds: dict[int, str], crew: Crew) -> dict[int, dict[int, ThreadUse]]:
    if crew.undecided:
        return {}
    return {pid: _labelled(pid, kind, crew) for pid, kind in kinds.items()}


def _labelled(pid: int, kind: str, crew: Crew) -> dict[int, ThreadUse]:
    if kind != "renderer" or crew.renderer is None:
        return thread_use(pid, kind)
    if pid != crew.renderer:
        return thread_use(pid, f"other {kind}")
    uses = thread_use(pid, kind)
    return {tid: structs.replace(use, role=crew.roles.get(tid, "")) for tid, use in uses.items()}


def _snapshot(browser: Browser, *, at_s: float) -> Snapshot:
    """Without the figures of threads."""
    own = cpu_ms_of({*browser.pids(), os.getpid()})
    return Snapshot(
        at_s=at_s or time.perf_counter(),
        machine_busy_ms=machine_busy_ms(),
        machine_stolen_ms=machine_stolen_ms(),
        own_cpu_ms=own,
        threads={},
        threads_at_s=0.0,
    )
