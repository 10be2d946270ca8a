"""The debugger of an open DevTools: on in a page and in all of its workers, while nothing is stopped by it.

Where a realm is debugged, V8 has code that it can stop anywhere in place of optimised wasm.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gapprof.browser.cdp import CallError
from gapprof.browser.every_realm import EveryRealm
from gapprof.browser.page import Page
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError

_ASKED: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {"Debugger.enable": {}, "Debugger.setSkipAllPauses": {"skip": True}}
)


async def debugged(page: Page, _server: Serving) -> None:
    """Before the page is navigated. A `debugger` statement stops nobody, and a realm that stays without ends
    the visit. Raises VisitError, CallError."""
    switch = _Switch(page=page)
    await EveryRealm(page=page, script="", met=switch.on, gone=switch.ended.add).install()


@dataclass(slots=True, kw_only=True)
class _Switch:
    """On in every realm that is met."""

    page: Page
    ended: set[str] = field(default_factory=set)
    """Sessions of realms that are no more, and owe no answer."""
    _asking: set[asyncio.Task[None]] = field(default_factory=set)

    def on(self, session: str, _where: str) -> None:
        """Sent at once, before the realm is let run."""
        for method in _ASKED:
            task = asyncio.create_task(self._ask(method, session))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, method: str, session: str) -> None:
        connection = self.page.connection
        try:
            await connection.call(method, _ASKED[method], session=session)
        except (CallError, TimeoutError) as error:
            if session not in self.ended:
                text = f"a realm of the page runs without the debugger that was to be on: {error}"
                connection.bury(self.page.session, VisitError(text, kind="page"))
        except VisitError:  # the page itself is no more, which others tell
            return
