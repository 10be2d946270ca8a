"""The debugger of an open DevTools: on in a page and in all of its workers, while nothing is stopped by it.

Of all that an open DevTools does this is what changes the code that runs: where a realm is debugged, V8 has
code that it can stop anywhere in place of optimised wasm.
"""

from gapprof.browser.every_realm import EveryRealm
from gapprof.browser.page import Page
from gapprof.browser.server import Serving


async def debugged(page: Page, _server: Serving) -> None:
    """Before the page is navigated. A `debugger` statement stops nobody. Raises VisitError, CallError."""
    connection = page.connection

    def met(session: str, _where: str) -> None:
        connection.tell("Debugger.enable", {}, session=session)
        connection.tell("Debugger.setSkipAllPauses", {"skip": True}, session=session)

    await EveryRealm(page=page, script="", met=met).install()
