"""The observer put into a page and all of its workers, and its logs fetched while the page runs.

No domain of the protocol is switched on that changes what the page runs: scripts are put in front of its own,
workers wait for a moment where they start, and everything else is asked by evaluating a few words.
"""

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from typing import Any

from gapprof.browser.cdp import CallError, Params
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading
from gapprof.watch.heard import Log, Told, told

_OBSERVER = 'globalThis[Symbol.for("gapprof.observed")]'
_REALMS = {"worker": "worker", "iframe": "main"}
"""Kinds of targets that may run a model → where that is."""
_WAIT = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
_EQUIP_S, _BUSY_S, _BLOB_S = 30.0, 2.0, 60.0
_PART_BYTES = 3 << 20
"""A multiple of three, so that base64 has no padding in between."""


class Listener:
    """One page and its workers."""

    def __init__(self, page: Page, observer: str, *, base: str) -> None:
        """`base`: our own server's address, of which nobody wants to read."""
        self._page, self._observer, self._base = page, observer, base
        self._logs: dict[str, Log] = {}
        self._equipping: set[asyncio.Task[None]] = set()

    async def install(self) -> None:
        """Before the page is navigated. Raises VisitError, CallError."""
        call, session = self._page.connection.call, self._page.session
        self._logs[session] = Log(where="main")
        await call("Page.addScriptToEvaluateOnNewDocument", {"source": self._observer}, session=session)
        await self._follow(session)

    async def listen(self) -> bool:
        """Fetch what is new; whether anything was. A realm that is busy is asked again the next time."""
        news = await asyncio.gather(*(self._fetched(session) for session in list(self._logs)))
        return any(news)

    def realms(self) -> Iterator[tuple[str, Log]]:
        """Sessions with their logs, the page's own first."""
        return iter(list(self._logs.items()))

    async def blob(self, session: str, number: int) -> bytes:
        """Bytes that the observer kept. Raises VisitError."""
        size = int(await self._evaluated(session, f"{_OBSERVER}.size({number})", _BLOB_S))
        parts = []
        for begin in range(0, size, _PART_BYTES):
            asked = f"{_OBSERVER}.part({number}, {begin}, {begin + _PART_BYTES})"
            with reading("bytes"):
                parts.append(base64.b64decode(await self._evaluated(session, asked, _BLOB_S), validate=True))
        return b"".join(parts)

    async def _follow(self, session: str) -> None:
        """Have workers of a realm, and frames of other origins, equipped before they run anything."""

        def attached(said: Params) -> None:
            task = asyncio.create_task(
                self._equipped(str(said["sessionId"]), str(said["targetInfo"]["type"]))
            )
            self._equipping.add(task)
            task.add_done_callback(self._equipping.discard)

        self._page.connection.listen("Target.attachedToTarget", attached, session=session)
        await self._page.connection.call("Target.setAutoAttach", _WAIT, session=session)

    async def _equipped(self, session: str, kind: str) -> None:
        """All of it is sent at once: the realm answers nothing before it runs."""
        call = self._page.connection.call
        work: list[Coroutine[Any, Any, object]] = []
        if kind in _REALMS:
            self._logs[session] = Log(where=_REALMS[kind])
            asked = {"expression": self._observer}
            work.append(self._follow(session))
            work.append(call("Runtime.evaluate", asked, session=session, deadline_s=_EQUIP_S))
        if kind == "iframe":
            script = {"source": self._observer}
            work.append(call("Page.addScriptToEvaluateOnNewDocument", script, session=session))
        work.append(call("Runtime.runIfWaitingForDebugger", session=session, deadline_s=_EQUIP_S))
        await asyncio.gather(*work, return_exceptions=True)

    async def _fetched(self, session: str) -> bool:
        log = self._logs[session]
        with suppress(VisitError, CallError, TimeoutError):
            return log.add(await self._told(session, log))
        return False

    async def _told(self, session: str, log: Log) -> Told:
        asked = f"{_OBSERVER}.since({json.dumps(log.born)}, {len(log.lines)})"
        answer = await self._evaluated(session, asked, _BUSY_S)
        with reading("log"):
            return told(answer.replace(self._base, ""))

    async def _evaluated(self, session: str, expression: str, deadline_s: float) -> str:
        answer = await self._page.connection.call(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True},
            session=session,
            deadline_s=deadline_s,
        )
        with reading("answer"):
            return str(answer["result"]["value"])
