"""What the browser counts of a page's main thread, for as long as it is told to: two readings of a clock per
task meanwhile."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from gapprof.browser.cdp import CALL_S, CallError
from gapprof.browser.page import Page
from gapprof.browser.trouble import VisitError, reading

PARTING_S = 1.0
"""A page that works answers at once; one that hangs does so before anything else, once it can."""


@asynccontextmanager
async def counting(page: Page) -> AsyncIterator[None]:
    """The browser counts until the block ends. Raises CallError, VisitError, TimeoutError.

    Who waits no longer for the beginning takes that back as well: a page that hangs would begin later.
    """
    try:
        await begun(page)
        yield
    finally:
        with suppress(CallError, TimeoutError, VisitError):  # whoever asks next hears of it
            await page.connection.call("Performance.disable", session=page.session, deadline_s=PARTING_S)


async def begun(page: Page) -> None:
    """It counts from now on. Raises CallError, VisitError, TimeoutError."""
    await page.connection.call("Performance.enable", {"timeDomain": "timeTicks"}, session=page.session)


async def counters(page: Page, *, deadline_s: float = CALL_S) -> Mapping[str, float]:
    """All by their names, times in seconds of the browser's steady clock. Raises as `begun` does."""
    told = await page.connection.call("Performance.getMetrics", session=page.session, deadline_s=deadline_s)
    with reading("metrics"):
        return {str(one["name"]): float(one["value"]) for one in told["metrics"]}
