"""Who used the processors while the page was timed: each thread of the browser, and the whole machine."""

import os
import time
from dataclasses import dataclass

from gapprof.browser.cdp import Connection
from gapprof.browser.launch import Browser
from gapprof.browser.trouble import reading
from gapprof.proc import cpu_ms_of, machine_busy_ms, thread_difference, thread_use
from gapprof.records.trial import Load, ThreadUse

LEAST_MS = 0.1
"""Threads that used and waited for less than this are left out; a browser has a hundred of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Counters at one moment; only the difference of two means something."""

    at_s: float
    machine_busy_ms: float | None
    own_cpu_ms: float
    threads: dict[int, dict[int, ThreadUse]]
    """Process id → thread id → use."""


async def before(connection: Connection, browser: Browser) -> Snapshot:
    """Counters now. What is read last is closest to the stretch that follows."""
    threads = _threads(await processes(connection))
    return _snapshot(threads, browser, at_s=0.0)


async def after(connection: Connection, browser: Browser) -> Snapshot:
    """Counters now. What is read first is closest to the stretch that ended, the clock before all."""
    ended = time.perf_counter()
    counters = _snapshot({}, browser, at_s=ended)
    threads = _threads(await processes(connection))
    return Snapshot(
        at_s=ended,
        machine_busy_ms=counters.machine_busy_ms,
        own_cpu_ms=counters.own_cpu_ms,
        threads=threads,
    )


def load(first: Snapshot, last: Snapshot) -> Load:
    """What happened between two snapshots."""
    busy = None
    if first.machine_busy_ms is not None and last.machine_busy_ms is not None:
        busy = last.machine_busy_ms - first.machine_busy_ms
    uses = (
        use
        for pid, threads in sorted(last.threads.items())
        for use in thread_difference(first.threads.get(pid, {}), threads)
    )
    return Load(
        wall_ms=(last.at_s - first.at_s) * 1e3,
        machine_busy_ms=busy,
        own_cpu_ms=last.own_cpu_ms - first.own_cpu_ms,
        threads=tuple(use for use in uses if max(use.cpu_ms, use.run_queue_ms) >= LEAST_MS),
    )


async def processes(connection: Connection) -> dict[int, str]:
    """Process id → what it is for, as the browser says: `browser`, `renderer`, `gpu`, `utility`, ..."""
    told = await connection.call("SystemInfo.getProcessInfo")
    with reading("list of processes"):
        return {int(info["id"]): str(info["type"]).lower() for info in told["processInfo"]}


async def busiest_renderer(connection: Connection) -> int | None:
    """The renderer that used most CPU time so far: the page's, next to spare ones."""
    told = await connection.call("SystemInfo.getProcessInfo")
    with reading("list of processes"):
        renderers = [info for info in told["processInfo"] if info["type"] == "renderer"]
        return int(max(renderers, key=lambda info: info["cpuTime"])["id"]) if renderers else None


def _threads(kinds: dict[int, str]) -> dict[int, dict[int, ThreadUse]]:
    return {pid: thread_use(pid, kind) for pid, kind in kinds.items()}


def _snapshot(threads: dict[int, dict[int, ThreadUse]], browser: Browser, *, at_s: float) -> Snapshot:
    own = cpu_ms_of({*browser.pids(), os.getpid()})
    return Snapshot(
        at_s=at_s or time.perf_counter(),
        machine_busy_ms=machine_busy_ms(),
        own_cpu_ms=own,
        threads=threads,
    )
