"""The page's own heaps: what its main thread and its workers hold, and having garbage collected there."""

import asyncio
from dataclasses import dataclass

from gapprof.browser.cdp import CallError, Params
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading

_FOLLOW = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
_ANSWER_S = 2.0
"""A thread of a wasm pool waits without hearing anybody; whoever answers does so at once."""
_PAGE_S = 20.0
"""The page's main thread always hears: on a machine with other work it may have no core for seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heaps:
    """Sums over the page and its workers."""

    js_heap_bytes: int
    array_buffers_bytes: int


class Realms:
    """A page and its workers, theirs included. Open with `followed`."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._workers: list[str] = []
        self._deaf: set[str] = set()
        self._following: set[asyncio.Task[None]] = set()

    async def follow(self, session: str) -> None:
        """Hear of the workers that a realm starts. Raises CallError, TimeoutError, VisitError."""

        def attached(said: Params) -> None:
            if said["targetInfo"]["type"] != "worker":
                return
            worker = str(said["sessionId"])
            self._workers.append(worker)
            task = asyncio.create_task(self._follow_worker(worker))
            self._following.add(task)
            task.add_done_callback(self._following.discard)

        def gone(said: Params) -> None:
            worker = str(said.get("sessionId"))
            self._workers = [one for one in self._workers if one != worker]

        connection = self._page.connection
        connection.listen("Target.attachedToTarget", attached, session=session)
        connection.listen("Target.detachedFromTarget", gone, session=session)
        await connection.call(
            "Target.setAutoAttach", _FOLLOW, session=session, deadline_s=self._patience_s(session)
        )

    async def heaps(self) -> Heaps:
        """What is used now. Raises what the page's own session raises; a deaf worker has nothing."""
        found = [await self._heap(self._page.session)]
        hearing = [worker for worker in self._workers if worker not in self._deaf]
        found += [heap for heap in await asyncio.gather(*map(self._worker_heap, hearing)) if heap]
        return Heaps(
            js_heap_bytes=sum(one.js_heap_bytes for one in found),
            array_buffers_bytes=sum(one.array_buffers_bytes for one in found),
        )

    async def collect(self) -> None:
        """Have garbage collected wherever somebody hears of it."""
        await self._collected(self._page.session)
        listening = [one for one in self._workers if one not in self._deaf]
        await asyncio.gather(*map(self._collected, listening))

    async def _follow_worker(self, worker: str) -> None:
        try:
            await self.follow(worker)
        except (CallError, TimeoutError, VisitError):
            self._deaf.add(worker)

    async def _collected(self, session: str) -> None:
        try:
            await self._page.connection.call(
                "HeapProfiler.collectGarbage", session=session, deadline_s=self._patience_s(session)
            )
        except (CallError, TimeoutError):
            if session == self._page.session:
                raise
            self._deaf.add(session)

    async def _worker_heap(self, session: str) -> Heaps | None:
        try:
            return await self._heap(session)
        except (CallError, TimeoutError):
            self._deaf.add(session)
            return None

    async def _heap(self, session: str) -> Heaps:
        told = await self._page.connection.call(
            "Runtime.getHeapUsage", session=session, deadline_s=self._patience_s(session)
        )
        with reading("heap's use"):
            return Heaps(
                js_heap_bytes=int(told["usedSize"]), array_buffers_bytes=int(told["backingStorageSize"])
            )

    def _patience_s(self, session: str) -> float:
        return _PAGE_S if session == self._page.session else _ANSWER_S


async def followed(page: Page) -> Realms:
    """A page with all of its workers, from now on."""
    realms = Realms(page)
    await realms.follow(page.session)
    return realms
