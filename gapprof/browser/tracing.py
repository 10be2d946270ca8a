"""A stretch of the browser under its own tracing, as a list of events; bounded in time and size."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from gapprof.browser.cdp import Connection, Params
from gapprof.browser.trouble import VisitError

Event = dict[str, Any]

CATEGORIES = ("toplevel", "v8", "devtools.timeline", "blink.user_timing", "disabled-by-default-v8.gc")
"""What the page's threads did and in whose name. More (cc, viz, ...) disturbs visibly."""
_READY_S = 10.0
_COMPLETE_S = 60.0
_MOST_EVENTS = 2_000_000


async def start(connection: Connection, *, categories: Sequence[str] = CATEGORIES) -> None:
    """Begin; waits until the browser knows its categories, which right after a start it does not."""
    deadline = time.monotonic() + _READY_S
    while not (await connection.call("Tracing.getCategories"))["categories"]:
        if time.monotonic() > deadline:
            raise VisitError(f"the browser named no trace categories within {_READY_S:g} s", kind="page")
        await asyncio.sleep(0.1)
    await connection.call(
        "Tracing.start",
        {
            # As a stream it would go through a file, which Chromium 156 puts off until its first page was
            # idle; a busy page is never idle, and then that takes a minute.
            "transferMode": "ReportEvents",
            "traceConfig": {"includedCategories": list(categories), "recordMode": "recordUntilFull"},
        },
    )


def _every(_event: Event) -> bool:
    return True


async def stop(connection: Connection, *, keep: Callable[[Event], bool] = _every) -> list[Event]:
    """End it and hear the events, of which those to keep count. Raises VisitError when they do not come, are
    too many, or when the browser had no room for all of them: what is missing would read as work that nobody
    did."""
    complete: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    events: list[Event] = []

    def collected(said: Params) -> None:
        if len(events) < _MOST_EVENTS:
            events.extend(event for event in said["value"] if isinstance(event, dict) and keep(event))

    def completed(said: Params) -> None:
        if not complete.done():
            complete.set_result(said.get("dataLossOccurred") is True)

    connection.listen("Tracing.dataCollected", collected)
    connection.listen("Tracing.tracingComplete", completed)
    await connection.call("Tracing.end", deadline_s=_COMPLETE_S)
    try:
        async with asyncio.timeout(_COMPLETE_S):
            lost = await complete
    except TimeoutError as error:
        raise VisitError("the browser did not finish its trace", kind="timeout") from error
    if lost:
        raise VisitError("the browser's buffer for its trace was full, and events are missing", kind="page")
    if len(events) >= _MOST_EVENTS:
        raise VisitError(f"the trace has more than {_MOST_EVENTS} events", kind="page")
    return events
