"""The observer put into a page and all of its workers, and its logs fetched while the page runs.

No domain of the protocol is switched on that changes what the page runs: scripts are put in front of its own,
workers wait for a moment where they start, and everything else is asked by evaluating a few words.
"""

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterator
from enum import Enum, auto
from typing import Any

from gapprof.browser.cdp import CallError, Params
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading
from gapprof.watch.heard import Log, RunLine, SessionLine, told

_OBSERVER = 'globalThis[Symbol.for("gapprof.observed")]'
_REALMS = {"worker": "worker", "iframe": "main"}
"""Kinds of targets that may run a model → where that is."""
_WAIT = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
_EQUIP_S, _BUSY_S, _BLOB_S = 30.0, 2.0, 60.0
_PART_BYTES = 3 << 20
"""A multiple of three, so that base64 has no padding in between."""


class _News(Enum):
    SOME = auto()
    NONE = auto()
    BUSY = auto()
    """It did not answer."""


class Listener:
    """One page and its workers."""

    def __init__(self, page: Page, observer: str, *, base: str) -> None:
        """`base`: our own server's address, of which nobody wants to read."""
        self._page, self._observer, self._base = page, observer, base
        self._logs: dict[str, Log] = {}
        self._gone: set[str] = set()
        self._equipping: set[asyncio.Task[None]] = set()

    async def install(self) -> None:
        """Before the page is navigated. Raises VisitError, CallError."""
        call, session = self._page.connection.call, self._page.session
        self._logs[session] = Log(where="main")
        await call("Page.addScriptToEvaluateOnNewDocument", {"source": self._observer}, session=session)
        await self._follow(session)

    async def listen(self) -> bool:
        """Fetch what is new; whether anything was, or a realm that runs a model was too busy to say.

        Raises VisitError where the page itself is dead.
        """
        alive = [session for session in self._logs if session not in self._gone]
        news = await asyncio.gather(*map(self._news, alive))
        return any(
            one is _News.SOME or (one is _News.BUSY and self._works(session))
            for session, one in zip(alive, news, strict=True)
        )

    def realms(self) -> Iterator[tuple[str, Log]]:
        """Sessions with their logs, the page's own first; of those that are gone, too."""
        return iter(list(self._logs.items()))

    async def blob(self, session: str, number: int) -> bytes:
        """Bytes that the observer kept. Raises VisitError, also where their document is gone."""
        log = self._logs[session]
        try:
            size = await self._evaluated(
                session, f"{_OBSERVER}.size({json.dumps(log.born)}, {number})", _BLOB_S
            )
            if not size.isdecimal():
                raise VisitError("the page has loaded another document meanwhile", kind="page")
            parts = []
            for begin in range(0, int(size), _PART_BYTES):
                asked = f"{_OBSERVER}.part({number}, {begin}, {begin + _PART_BYTES})"
                with reading("bytes"):
                    part = base64.b64decode(await self._evaluated(session, asked, _BLOB_S), validate=True)
                parts.append(part)
        except (CallError, TimeoutError) as error:
            what = "worker" if log.where == "worker" else "page"
            raise VisitError(f"the {what} that had it is gone, or does not answer", kind="page") from error
        return b"".join(parts)

    def _works(self, session: str) -> bool:
        """A thread of the library waits without an answer for ever; one that runs models is busy."""
        log = self._logs[session]
        return bool(log.of(RunLine) or log.of(SessionLine))

    async def _follow(self, session: str) -> None:
        """Have workers of a realm, and frames of other origins, equipped before they run anything."""

        def attached(said: Params) -> None:
            kind = str(said["targetInfo"]["type"])
            task = asyncio.create_task(self._equipped(str(said["sessionId"]), kind))
            self._equipping.add(task)
            task.add_done_callback(self._equipping.discard)

        def detached(said: Params) -> None:
            self._gone.add(str(said.get("sessionId")))

        connection = self._page.connection
        connection.listen("Target.attachedToTarget", attached, session=session)
        connection.listen("Target.detachedFromTarget", detached, session=session)
        await connection.call("Target.setAutoAttach", _WAIT, session=session)

    async def _equipped(self, session: str, kind: str) -> None:
        """All of it is sent at once: the realm answers nothing before it runs."""
        call = self._page.connection.call
        work: list[Coroutine[Any, Any, object]] = []
        if kind in _REALMS:
            self._logs[session] = Log(where=_REALMS[kind])
            work.append(self._follow(session))
        if kind == "iframe":
            script = {"source": self._observer}
            work.append(call("Page.enable", session=session))
            work.append(call("Page.addScriptToEvaluateOnNewDocument", script, session=session))
        if kind in _REALMS:
            asked = {"expression": self._observer}
            work.append(call("Runtime.evaluate", asked, session=session, deadline_s=_EQUIP_S))
        work.append(call("Runtime.runIfWaitingForDebugger", session=session, deadline_s=_EQUIP_S))
        await asyncio.gather(*work, return_exceptions=True)

    async def _news(self, session: str) -> _News:
        log = self._logs[session]
        asked = f"{_OBSERVER}.since({json.dumps(log.born)}, {len(log.lines)})"
        try:
            answer = await self._evaluated(session, asked, _BUSY_S)
            with reading("log"):
                more = told(answer.replace(self._base, ""))
        except TimeoutError:
            return _News.BUSY
        except CallError:
            return _News.NONE  # it is gone, or about to be
        except VisitError:
            if session == self._page.session:
                raise
            return _News.NONE
        return _News.SOME if log.add(more) else _News.NONE

    async def _evaluated(self, session: str, expression: str, deadline_s: float) -> str:
        answer = await self._page.connection.call(
            "Runtime.evaluate",
            {"expression": expression, "returnByValue": True},
            session=session,
            deadline_s=deadline_s,
        )
        with reading("answer"):
            return str(answer["result"]["value"])
