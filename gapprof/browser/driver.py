"""pyppeteer opens the page and then lets go of the browser: none of the domains it enables stays on."""

import asyncio
import contextlib
import logging
import warnings
from collections.abc import AsyncIterator

import pyppeteer.browser
import pyppeteer.connection
import pyppeteer.page
from pyppeteer.errors import PageError, PyppeteerError
from websockets.exceptions import WebSocketException

from gapprof.browser.trouble import VisitError

_PARTING_S = 5.0

logging.getLogger("pyppeteer").setLevel(logging.CRITICAL)  # it reports on stderr what is raised here anyway


async def navigate(endpoint: str, target: str, url: str, *, deadline_s: float) -> None:
    """Bring the page with that target id to `url`, as far as its DOMContentLoaded.

    Never waits for idle: a busy page has none. Raises VisitError (phase `load`) if none comes.
    """
    try:
        async with asyncio.timeout(deadline_s), _driving(endpoint) as browser:
            page = await _page(browser, target)
            page.on("error", lambda _: None)  # without a listener a crash ends pyppeteer's receive loop
            options = {"waitUntil": "domcontentloaded", "timeout": deadline_s * 1e3}
            response = await page.goto(url, options)
    except (PyppeteerError, WebSocketException) as error:
        raise _not_there(url, str(error)) from error
    if response is not None and response.status >= 400:
        raise _not_there(url, f"HTTP status {response.status}")


async def _page(browser: pyppeteer.browser.Browser, target: str) -> pyppeteer.page.Page:
    for known in browser.targets():
        if known._targetId == target:
            return await known.page()
    raise PageError("the page has closed itself")


@contextlib.asynccontextmanager
async def _driving(endpoint: str) -> AsyncIterator[pyppeteer.browser.Browser]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it hands its event loop to websockets
        async with _connected(endpoint) as browser:
            yield browser


@contextlib.asynccontextmanager
async def _connected(endpoint: str) -> AsyncIterator[pyppeteer.browser.Browser]:
    connection = pyppeteer.connection.Connection(endpoint, asyncio.get_running_loop())
    try:
        # No viewport: emulating one would stay the page's business for as long as we drive.
        yield await pyppeteer.browser.Browser.create(connection, [], False, None)
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PARTING_S):
                await _hung_up(connection)
                # Calls that were given up make it stumble over their futures.
                with contextlib.suppress(asyncio.InvalidStateError):
                    await connection.dispose()
                connection._recv_fut.cancel()
                await asyncio.gather(connection._recv_fut, return_exceptions=True)


async def _hung_up(connection: pyppeteer.connection.Connection) -> None:
    """At once. Before the browser's goodbye would come all that a page has written to its console meanwhile,
    which pyppeteer does not read any more: that took seconds, which were counted to the page."""
    if not connection._connected:
        return
    connection._connected = False
    socket = connection.connection
    socket.fail_connection()
    socket.transport.abort()
    await socket.wait_closed()


def _not_there(url: str, why: str) -> VisitError:
    return VisitError(
        f"the page {url} could not be opened: {why}",
        kind="page",
        phase="load",
        hint="Open the address in a browser on this machine; --page takes quiet, busy, a file or a URL.",
    )
