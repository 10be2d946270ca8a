"""One page in a running browser, spoken to over a flat session that says at once when the page is dead."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from gapprof.browser.cdp import CallError, Connection, Params, connected
from gapprof.browser.driver import navigate
from gapprof.browser.launch import Browser
from gapprof.browser.trouble import VisitError, reading

PAGE_S = 60.0
_FIRST_PAGE_S = 20.0
_SETTLE_S = 5.0
"""How long to wait for a page's `load` event after its DOMContentLoaded; some pages never get there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that is alive, as far as anybody heard."""

    connection: Connection
    target: str
    session: str

    async def evaluate(self, expression: str, *, deadline_s: float) -> str:
        """The string that the expression, or the promise it makes, comes to.

        A string because protocol values lose NaN, -0 and big integers. Raises VisitError.
        """
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        try:
            answer = await self.connection.call(
                "Runtime.evaluate", asked, session=self.session, deadline_s=deadline_s
            )
        except TimeoutError as error:
            raise VisitError(
                f"the page gave no answer within {deadline_s:.0f} s",
                kind="timeout",
                hint="Its main thread may hang, or the model is too slow for the time there was.",
            ) from error
        except CallError as error:  # the page went elsewhere and took its promises with it
            raise VisitError(
                f"the page went away in the middle of a task: {error}",
                kind="page",
                hint="Give --page one that stays: no reload, and the address that a redirect leads to.",
            ) from error
        details = answer.get("exceptionDetails")
        if details is not None:
            thrown = details.get("exception", {}).get("description") or details.get("text", "")
            raise VisitError(f"the page threw: {thrown.splitlines()[0]}", kind="page", detail=thrown)
        with reading("answer"):
            return str(answer["result"]["value"])


@asynccontextmanager
async def attached(browser: Browser) -> AsyncIterator[Page]:
    """The browser's first page, still empty, with a session that hears of its end. Raises VisitError."""
    async with connected(browser.endpoint) as connection:
        target = await _first_page(connection)
        told = await connection.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Page(connection=connection, target=target, session=told["sessionId"])
        await _watch(page)
        yield page


async def brought_to(page: Page, url: str, *, deadline_s: float = PAGE_S) -> float:
    """Have the page navigated; returns the ms until its DOMContentLoaded. Raises VisitError."""
    began = time.perf_counter()
    await _unless_dead(page, url, deadline_s)
    loaded = time.perf_counter()
    await _settled(page, deadline_s=max(1.0, began + deadline_s - loaded))
    return (loaded - began) * 1e3


async def beside(page: Page, url: str, *, deadline_s: float = PAGE_S) -> None:
    """Another tab behind the page, given the time to load. Raises VisitError, CallError, TimeoutError."""
    call = page.connection.call
    made = await call("Target.createTarget", {"url": url, "background": True}, deadline_s=deadline_s)
    target = str(made["targetId"])
    told = await call("Target.attachToTarget", {"targetId": target, "flatten": True})
    tab = Page(connection=page.connection, target=target, session=told["sessionId"])
    patience = time.monotonic() + min(_SETTLE_S, deadline_s)
    while time.monotonic() < patience:
        with suppress(VisitError):  # it has no document yet, or just gets another one
            left_s = max(0.1, patience - time.monotonic())
            if await tab.evaluate("document.readyState", deadline_s=left_s) == "complete":
                break
        await asyncio.sleep(0.02)
    await call("Target.detachFromTarget", {"sessionId": tab.session})


async def _first_page(connection: Connection) -> str:
    """Its target; the DevTools address is there a moment before the first page is."""
    deadline = time.monotonic() + _FIRST_PAGE_S
    while time.monotonic() < deadline:
        targets = (await connection.call("Target.getTargets"))["targetInfos"]
        for target in targets:
            if target["type"] == "page":
                return str(target["targetId"])
        await asyncio.sleep(0.02)
    late = f"the browser opened no page within {_FIRST_PAGE_S:g} s"
    raise VisitError(late, kind="environment", phase="start")


async def _watch(page: Page) -> None:
    """Hear of a crash, a closed page and dialogs. None of these domains instruments what the page runs."""
    connection, session, target = page.connection, page.session, page.target

    def crashed(said: Params) -> None:
        if said.get("targetId", target) == target:
            connection.bury(session, _crash(str(said.get("status", "crashed"))))

    def gone(said: Params) -> None:
        if session == said.get("sessionId") or target == said.get("targetId"):
            connection.bury(session, VisitError("the page closed itself", kind="page"))

    def dialog(_said: Params) -> None:
        connection.tell("Page.handleJavaScriptDialog", {"accept": False}, session=session)

    connection.listen("Target.targetCrashed", crashed)
    connection.listen("Target.targetDestroyed", gone)
    connection.listen("Target.detachedFromTarget", gone)
    connection.listen("Inspector.targetCrashed", crashed, session=session)
    connection.listen("Page.javascriptDialogOpening", dialog, session=session)
    await asyncio.gather(  # a browser that has just started is slow to answer; it is asked all at once
        connection.call("Target.setDiscoverTargets", {"discover": True}),
        connection.call("Inspector.enable", session=session),
        connection.call("Page.enable", session=session),
        # A page may forbid foreign modules and blob workers to its own scripts; ours are guests of its owner.
        connection.call("Page.setBypassCSP", {"enabled": True}, session=session),
    )


async def _unless_dead(page: Page, url: str, deadline_s: float) -> None:
    driving = asyncio.create_task(navigate(page.connection.endpoint, page.target, url, deadline_s=deadline_s))
    death = asyncio.create_task(page.connection.death(page.session))
    try:
        await asyncio.wait({driving, death}, return_when=asyncio.FIRST_COMPLETED)
        if not driving.done():
            raise await death
        await driving
    except TimeoutError as error:
        raise VisitError(
            f"the page {url} did not load within {deadline_s:g} s",
            kind="page",
            phase="load",
            hint="gapprof waits for DOMContentLoaded only; a script or the server of the page holds it up.",
        ) from error
    finally:
        for task in (driving, death):
            task.cancel()
        await asyncio.gather(driving, death, return_exceptions=True)


async def _settled(page: Page, *, deadline_s: float) -> None:
    """Give a page the time to finish loading, but do not insist; only a hung one takes all there is."""
    patience = time.monotonic() + _SETTLE_S
    state = ""
    while state != "complete" and time.monotonic() < patience:
        state = await page.evaluate("document.readyState", deadline_s=deadline_s)
        if state != "complete":
            await asyncio.sleep(0.02)


def _crash(status: str) -> VisitError:
    if status == "oom":
        return VisitError("the page ran out of memory and was ended", kind="out-of-memory")
    return VisitError(f"the page's renderer ended: {json.dumps(status)}", kind="crash")
