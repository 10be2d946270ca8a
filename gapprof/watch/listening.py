"""The observer put into a page and all of its workers, and its logs fetched while the page runs."""

import asyncio
import base64
import json
from collections.abc import Iterator
from enum import Enum, auto

from gapprof.browser.cdp import CallError
from gapprof.browser.every_realm import EveryRealm
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading
from gapprof.watch.heard import Log, RunLine, SessionLine, told

_OBSERVER = 'globalThis[Symbol.for("gapprof.observed")]'
_BUSY_S, _BLOB_S = 2.0, 60.0
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
        self._page, self._base = page, base
        self._logs: dict[str, Log] = {}
        self._gone: set[str] = set()
        self._realms = EveryRealm(page=page, script=observer, met=self._met, gone=self._gone.add)

    async def install(self) -> None:
        """Before the page is navigated. Raises VisitError, CallError."""
        await self._realms.install()

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
            raise _gone(log) from error
        return b"".join(parts)

    async def digest(self, session: str, number: int) -> str:
        """SHA-256 of such bytes; empty where the page cannot say. Raises VisitError where it is gone."""
        log = self._logs[session]
        asked = f"{_OBSERVER}.digest({json.dumps(log.born)}, {number})"
        try:
            return await self._evaluated(session, asked, _BLOB_S)
        except (CallError, TimeoutError) as error:
            raise _gone(log) from error

    def _met(self, session: str, where: str) -> None:
        self._logs[session] = Log(where=where)

    def _works(self, session: str) -> bool:
        """A thread of the library waits without an answer for ever; one that runs models is busy."""
        log = self._logs[session]
        return bool(log.of(RunLine) or log.of(SessionLine))

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
            {"expression": expression, "returnByValue": True, "awaitPromise": True},
            session=session,
            deadline_s=deadline_s,
        )
        with reading("answer"):
            return str(answer["result"]["value"])


def _gone(log: Log) -> VisitError:
    what = "worker" if log.where == "worker" else "page"
    return VisitError(f"the {what} that had it is gone, or does not answer", kind="page")
