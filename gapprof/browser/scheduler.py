"""Who used the processors while the page was timed: each thread of the browser, and the whole machine."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from gapprof.browser.crew import Crew, MainThread, main_thread, processes
from gapprof.browser.launch import Browser
from gapprof.browser.page import Page
from gapprof.proc import (
    cpu_ms_of,
    machine_busy_ms,
    machine_stolen_ms,
    one_thread,
    thread_difference,
    thread_use,
)
from gapprof.records.trial import Clocks, Load, ThreadUse

LEAST_MS = 0.1
"""Threads that used and waited for less than this are left out; a browser has a hundred of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the browser said of the page's main thread, between two readings of our clock and the kernel's."""

    told: MainThread
    before_s: float
    after_s: float
    before: ThreadUse | None
    """None where the kernel says nothing of threads."""
    after: ThreadUse | None


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
    main: Asked | None
    """None only while the rest is read."""


async def before(page: Page, browser: Browser, crew: Crew) -> Snapshot:
    """Counters now. What is read last is closest to the stretch that follows."""
    main = await _asked(page, crew)
    kinds = await processes(page.connection)
    read_s, threads = time.perf_counter(), _threads(kinds, crew)
    return replace(_snapshot(browser, at_s=0.0), threads=threads, threads_at_s=read_s, main=main)


async def after(page: Page, browser: Browser, crew: Crew) -> Snapshot:
    """Counters now. What is read first is closest to the stretch that ended, the clock before all."""
    ended = time.perf_counter()
    counters = _snapshot(browser, at_s=ended)
    kinds = await processes(page.connection)
    read_s, threads = time.perf_counter(), _threads(kinds, crew)
    return replace(counters, threads=threads, threads_at_s=read_s, main=await _asked(page, crew))


def load(first: Snapshot, last: Snapshot, *, runs_ms: float | None = None) -> Load:
    """What happened between two snapshots.

    `runs_ms`: all that the thread with the model did, where it ran the model and nothing else.
    """
    uses = [
        use
        for pid, threads in sorted(last.threads.items())
        for use in thread_difference(first.threads.get(pid, {}), threads)
    ]
    return Load(
        wall_ms=(last.at_s - first.at_s) * 1e3,
        machine_busy_ms=_difference(first.machine_busy_ms, last.machine_busy_ms),
        stolen_ms=_difference(first.machine_stolen_ms, last.machine_stolen_ms),
        own_cpu_ms=last.own_cpu_ms - first.own_cpu_ms,
        threads=tuple(use for use in uses if use.role or max(use.cpu_ms, use.run_queue_ms) >= LEAST_MS),
        threads_wall_ms=(last.threads_at_s - first.threads_at_s) * 1e3,
        at_work_ms=_at_work_ms(first, last, uses, runs_ms),
        clocks=_clocks(first.main, last.main),
    )


def _difference(first: float | None, last: float | None) -> float | None:
    return None if first is None or last is None else last - first


async def _asked(page: Page, crew: Crew) -> Asked:
    kernel_before, before_s = _main_use(crew), time.perf_counter()
    told = await main_thread(page)
    return Asked(
        told=told,
        before_s=before_s,
        after_s=time.perf_counter(),
        before=kernel_before,
        after=_main_use(crew),
    )


def _main_use(crew: Crew) -> ThreadUse | None:
    return None if crew.renderer is None else one_thread(crew.renderer, crew.renderer, "renderer")


def _clocks(first: Asked | None, last: Asked | None) -> Clocks | None:
    """None where one of both did not know yet which process is the page's."""
    if first is None or last is None:
        return None
    if first.before is None or first.after is None or last.before is None or last.after is None:
        return None
    return Clocks(
        wall_ms=last.told.at_ms - first.told.at_ms,
        wall_bounds_ms=(
            (last.before_s - first.after_s) * 1e3,
            (last.after_s - first.before_s) * 1e3,
        ),
        cpu_ms=last.told.cpu_ms - first.told.cpu_ms,
        cpu_bounds_ms=(last.before.cpu_ms - first.after.cpu_ms, last.after.cpu_ms - first.before.cpu_ms),
        tasks_ms=last.told.tasks_ms - first.told.tasks_ms,
        run_queue_ms=last.after.run_queue_ms - first.before.run_queue_ms,
    )


def _at_work_ms(
    first: Snapshot, last: Snapshot, uses: Sequence[ThreadUse], runs_ms: float | None
) -> float | None:
    """See `Load.at_work_ms`.

    A main thread's tasks are read a moment before and after the kernel's figures, in which it may have worked
    on: what they say of time off the CPU is put on top of the kernel's CPU time. `Load.clocks` holds the
    browser's own.
    """
    inference = next((use for use in uses if use.role == "inference"), None)
    if inference is None or first.main is None or last.main is None:
        return None
    if any(use.role == "main" for use in uses):  # another thread than the model's
        return runs_ms
    began, ended = first.main.told, last.main.told
    off_cpu_ms = (ended.tasks_ms - began.tasks_ms) - (ended.cpu_ms - began.cpu_ms)
    return inference.cpu_ms + max(0.0, off_cpu_ms)


def _threads(kinds: dict[int, str], crew: Crew) -> dict[int, dict[int, ThreadUse]]:
    return {pid: _labelled(pid, kind, crew) for pid, kind in kinds.items()}


def _labelled(pid: int, kind: str, crew: Crew) -> dict[int, ThreadUse]:
    if kind != "renderer" or crew.renderer is None:
        return thread_use(pid, kind)
    if pid != crew.renderer:
        return thread_use(pid, f"other {kind}")
    uses = thread_use(pid, kind)
    return {tid: structs.replace(use, role=crew.roles.get(tid, "")) for tid, use in uses.items()}


def _snapshot(browser: Browser, *, at_s: float) -> Snapshot:
    """Without what is asked of the browser itself."""
    own = cpu_ms_of({*browser.pids(), os.getpid()})
    return Snapshot(
        at_s=at_s or time.perf_counter(),
        machine_busy_ms=machine_busy_ms(),
        machine_stolen_ms=machine_stolen_ms(),
        own_cpu_ms=own,
        threads={},
        threads_at_s=0.0,
        main=None,
    )
