"""Which process is the page's, and which of its threads run the model."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gapprof.browser.cdp import Connection
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading
from gapprof.proc import born_ticks, thread_use
from gapprof.records.trial import ThreadUse

_WORKER = "DedicatedWorker"
"""What the kernel calls a worker's thread, those of a threaded wasm included."""
Role = Literal["main", "inference", "pool"]
_AT_WORK_MS = 1.0
"""CPU time of a page's main thread that had a model opened; a renderer that the browser keeps in reserve uses
none at all (measured)."""
SIGNS_S = 30.0
"""For all signs of a page together."""
_SIGNS = 5
_SIGN = """new Promise((seen, failed) => {
  const code = new Blob(["postMessage('here'); setTimeout(close, 300);"]);
  const worker = new Worker(URL.createObjectURL(code));
  worker.onmessage = ({ data }) => seen(data);
  worker.onerror = () => failed(new Error("no worker"));
})"""
"""Shows whose page it is by a thread that is there for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The page's process, and what its threads do. Without /proc nobody knows."""

    renderer: int | None
    roles: Mapping[int, Role] = field(default_factory=dict)
    """Thread id → role."""
    undecided: bool = False
    """Whether several processes may be the page's: then nothing is told of any, for it may be another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A renderer before there was a model."""

    main_cpu_ms: float
    workers: frozenset[int]
    """The page's own."""


async def beginnings(connection: Connection) -> Mapping[int, Beginning]:
    """How all renderers are now, before a model is opened in one of them; empty where there is no /proc."""
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


async def crew(page: Page, where: str, began: Mapping[int, Beginning], *, most_s: float) -> Crew:
    """Who does what, now that the model is open; `most_s`: for finding out.

    The first new worker is the one that has the model, where a worker has it, and all others are its helpers.
    """
    now = {pid: threads for pid in began if pid in (threads := thread_use(pid, "renderer"))}
    if not now:
        return Crew(renderer=None)
    used_ms = {pid: threads[pid].cpu_ms - began[pid].main_cpu_ms for pid, threads in now.items()}
    renderer = await _renderer_of(page, used_ms, most_s)
    if renderer is None:
        return Crew(renderer=None, undecided=True)
    new = _workers(now[renderer]) - began[renderer].workers
    later = by_age({tid: born_ticks(renderer, tid) for tid in new})
    inference = renderer if where == "main" else next(iter(later), None)
    roles: dict[int, Role] = {renderer: "main", **dict.fromkeys(later, "pool")}
    if inference is not None:
        roles[inference] = "inference"
    return Crew(renderer=renderer, roles=roles)


async def _renderer_of(page: Page, used_ms: Mapping[int, float], most_s: float) -> int | None:
    """The page's process, among those of which the main thread's CPU time is known; None where signs do not
    decide it, or the page gives none.

    The protocol tells nobody, and the busiest one may be another tab's. Where more than one was at work, the
    page is asked for a sign: a worker that ends by itself is a new thread of one of them. Another tab may
    have a new one at the same time, though hardly each time.
    """
    until_s = time.monotonic() + most_s
    left = [pid for pid, ms in used_ms.items() if ms >= _AT_WORK_MS] or list(used_ms)
    for _ in range(_SIGNS):
        if len(left) == 1:
            break
        before = {pid: _workers(thread_use(pid, "renderer")) for pid in left}
        try:
            await page.evaluate(_SIGN, deadline_s=max(0.0, until_s - time.monotonic()))
        except VisitError:  # of a dead page whoever asks next hears
            return None
        left = [pid for pid in left if _workers(thread_use(pid, "renderer")) - before[pid]] or left
    return left[0] if len(left) == 1 else None


def by_age(born: Mapping[int, int | None]) -> list[int]:
    """Threads, the oldest first, by when they began; those of one tick by their numbers.

    Numbers grow, and begin anew where all are used: of 32768 on small systems a browser takes hundreds. One
    of which nobody says when it began has ended and is left out; where that is so of all, numbers decide.
    """
    known = {tid: ticks for tid, ticks in born.items() if ticks is not None}
    return sorted(known, key=lambda tid: (known[tid], tid)) if known else sorted(born)


def _workers(threads: Mapping[int, ThreadUse]) -> frozenset[int]:
    return frozenset(tid for tid, use in threads.items() if use.thread == _WORKER)
