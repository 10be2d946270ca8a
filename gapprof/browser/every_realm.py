"""A script put in front of all others in a page, in its frames of other origins and in all of their workers.

No domain of the protocol is switched on here that changes what the page runs: workers wait for a moment where
they start, and everything else is asked by evaluating a few words.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from gapprof.browser.cdp import Params
from gapprof.browser.page import Page

_REALMS = {"worker": "worker", "iframe": "main"}
"""Kinds of targets that may run a model → where that is."""
_WAIT = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
_EQUIP_S = 30.0


@dataclass(slots=True, kw_only=True)
class EveryRealm:
    """The realms of one page, as they come and go. Installed before the page is navigated."""

    page: Page
    script: str
    met: Callable[[str, str], None] = lambda _session, _where: None
    """A session, and `main` or `worker`; the page's own first."""
    gone: Callable[[str], None] = lambda _session: None
    _equipping: set[asyncio.Task[None]] = field(default_factory=set)

    async def install(self) -> None:
        """Before the page is navigated. Raises VisitError, CallError."""
        call, session = self.page.connection.call, self.page.session
        self.met(session, "main")
        await call("Page.addScriptToEvaluateOnNewDocument", {"source": self.script}, session=session)
        await self._follow(session)

    async def _follow(self, session: str) -> None:
        """Have workers of a realm, and frames of other origins, equipped before they run anything."""

        def attached(said: Params) -> None:
            kind = str(said["targetInfo"]["type"])
            task = asyncio.create_task(self._equipped(str(said["sessionId"]), kind))
            self._equipping.add(task)
            task.add_done_callback(self._equipping.discard)

        def detached(said: Params) -> None:
            self.gone(str(said.get("sessionId")))

        connection = self.page.connection
        connection.listen("Target.attachedToTarget", attached, session=session)
        connection.listen("Target.detachedFromTarget", detached, session=session)
        await connection.call("Target.setAutoAttach", _WAIT, session=session)

    async def _equipped(self, session: str, kind: str) -> None:
        """All of it is sent at once: the realm answers nothing before it runs."""
        call = self.page.connection.call
        work: list[Coroutine[Any, Any, object]] = []
        if kind in _REALMS:
            self.met(session, _REALMS[kind])
            work.append(self._follow(session))
        if kind == "iframe":
            script = {"source": self.script}
            work.append(call("Page.enable", session=session))
            work.append(call("Page.addScriptToEvaluateOnNewDocument", script, session=session))
        if kind in _REALMS:
            asked = {"expression": self.script}
            work.append(call("Runtime.evaluate", asked, session=session, deadline_s=_EQUIP_S))
        work.append(call("Runtime.runIfWaitingForDebugger", session=session, deadline_s=_EQUIP_S))
        await asyncio.gather(*work, return_exceptions=True)
