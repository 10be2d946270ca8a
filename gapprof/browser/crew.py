"""Which process is the page's, and which of its threads run the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gapprof.browser.cdp import Connection
from gapprof.browser.page import Page
from gapprof.browser.trouble import reading
from gapprof.proc import born_ticks, thread_use
from gapprof.records.trial import ThreadUse

_WORKER = "DedicatedWorker"
"""What the kernel calls a worker's thread, those of a threaded wasm included."""
Role = Literal["main", "inference", "pool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MainThread:
    """What the browser counts of a page's main thread, since it was told to."""

    at_ms: float
    """When it was asked, by its own clock."""
    tasks_ms: float
    """Wall time inside tasks."""
    cpu_ms: float
    """CPU time of the thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The page's process, and what its threads do. Without /proc nobody knows."""

    renderer: int | None
    roles: Mapping[int, Role] = field(default_factory=dict)
    """Thread id → role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A renderer when the page's counters began."""

    main_cpu_ms: float
    workers: frozenset[int]
    """The page's own, from before there was a model."""


async def counting(page: Page) -> Mapping[int, Beginning]:
    """Have the browser count, two readings of a clock per task; how all renderers were at that moment."""
    connection = page.connection
    await connection.call("Performance.disable", session=page.session)  # it counts from when it is enabled
    await connection.call("Performance.enable", {"timeDomain": "timeTicks"}, session=page.session)
    kinds = await processes(connection)
    return {
        pid: Beginning(main_cpu_ms=threads[pid].cpu_ms, workers=_workers(threads))
        for pid, kind in kinds.items()
        if kind == "renderer" and pid in (threads := thread_use(pid, kind))
    }


async def processes(connection: Connection) -> dict[int, str]:
    """Process id → what it is for, as the browser says: `browser`, `renderer`, `gpu`, `utility`, ..."""
    told = await connection.call("SystemInfo.getProcessInfo")
    with reading("list of processes"):
        return {int(info["id"]): str(info["type"]).lower() for info in told["processInfo"]}


async def main_thread(page: Page) -> MainThread:
    """The counters now. Raises CallError, VisitError, TimeoutError."""
    told = await page.connection.call("Performance.getMetrics", session=page.session)
    with reading("metrics"):
        values = {metric["name"]: float(metric["value"]) for metric in told["metrics"]}
        return MainThread(
            at_ms=values["Timestamp"] * 1e3,
            tasks_ms=values["TaskDuration"] * 1e3,
            cpu_ms=values["ThreadTime"] * 1e3,
        )


async def crew(page: Page, where: str, began: Mapping[int, Beginning]) -> Crew:
    """Who does what, now that the model is open.

    The page's is the renderer whose main thread has used as much CPU time since then as the page's says that
    it has: the protocol tells nobody, and the busiest one may be another tab's. The first new worker is the
    one that has the model, where a worker has it, and all others are its helpers.
    """
    own_ms = (await main_thread(page)).cpu_ms
    now = {pid: threads for pid in began if pid in (threads := thread_use(pid, "renderer"))}
    if not now:
        return Crew(renderer=None)
    renderer = min(now, key=lambda pid: abs(now[pid][pid].cpu_ms - began[pid].main_cpu_ms - own_ms))
    new = _workers(now[renderer]) - began[renderer].workers
    later = by_age({tid: born_ticks(renderer, tid) for tid in new})
    inference = renderer if where == "main" else next(iter(later), None)
    roles: dict[int, Role] = {renderer: "main", **dict.fromkeys(later, "pool")}
    if inference is not None:
        roles[inference] = "inference"
    return Crew(renderer=renderer, roles=roles)


def by_age(born: Mapping[int, int | None]) -> list[int]:
    """Threads, the oldest first, by when they began; those of one tick by their numbers.

    Numbers grow, and begin anew where all are used: of 32768 on small systems a browser takes hundreds. One
    of which nobody says when it began has ended and is left out; where that is so of all, numbers decide.
    """
    known = {tid: ticks for tid, ticks in born.items() if ticks is not None}
    return sorted(known, key=lambda tid: (known[tid], tid)) if known else sorted(born)


def _workers(threads: Mapping[int, ThreadUse]) -> frozenset[int]:
    return frozenset(tid for tid, use in threads.items() if use.thread == _WORKER)
