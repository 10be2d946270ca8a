"""A stretch of the browser under its own tracing, as a list of events; bounded in time and size."""

import asyncio
import base64
import json
import time
import zlib
from typing import Any

from gapprof.browser.cdp import Connection, Params
from gapprof.browser.trouble import VisitError

Event = dict[str, Any]

CATEGORIES = ("toplevel", "v8", "devtools.timeline", "blink.user_timing", "disabled-by-default-v8.gc")
"""What the page's threads did and in whose name. More (cc, gpu, ...) disturbs visibly."""
_READY_S = 10.0
_COMPLETE_S = 60.0
_READ_BYTES = 2**20
_MOST_BYTES = 512 * 2**20


async def rehearse(connection: Connection) -> None:
    """Trace nothing, on the empty page: on return the browser is done with its own start.

    Until its first page was idle it puts off whatever is not urgent, the end of a trace included. A busy page
    is never idle; then that takes a minute (Chromium 156).
    """
    await start(connection)
    await stop(connection)


async def start(connection: Connection) -> None:
    """Begin; waits until the browser knows its categories, which right after a start it does not."""
    deadline = time.monotonic() + _READY_S
    while not (await connection.call("Tracing.getCategories"))["categories"]:
        if time.monotonic() > deadline:
            raise VisitError(f"the browser named no trace categories within {_READY_S:g} s", kind="page")
        await asyncio.sleep(0.1)
    await connection.call(
        "Tracing.start",
        {
            "transferMode": "ReturnAsStream",
            "streamFormat": "json",
            "streamCompression": "gzip",
            "traceConfig": {"includedCategories": list(CATEGORIES), "recordMode": "recordUntilFull"},
        },
    )


async def stop(connection: Connection) -> list[Event]:
    """End it and fetch the events. Raises VisitError when they do not come, or are too many."""
    complete: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
    connection.listen("Tracing.tracingComplete", complete.set_result)
    await connection.call("Tracing.end", deadline_s=_COMPLETE_S)
    try:
        async with asyncio.timeout(_COMPLETE_S):
            said = await complete
    except TimeoutError as error:
        raise VisitError("the browser did not finish its trace", kind="timeout") from error
    return decoded(await _read(connection, said["stream"]))


def decoded(text: bytes) -> list[Event]:
    """The events of a trace file in JSON."""
    trace = json.loads(text)
    events = trace["traceEvents"] if isinstance(trace, dict) else trace
    return [event for event in events if isinstance(event, dict)]


async def _read(connection: Connection, handle: str) -> bytes:
    unzip = zlib.decompressobj(wbits=31)  # gzip
    text = bytearray()
    ended = False
    while not ended:
        part = await connection.call("IO.read", {"handle": handle, "size": _READ_BYTES})
        data = part["data"]
        raw = base64.b64decode(data) if part.get("base64Encoded") else data.encode()
        text += unzip.decompress(raw)
        ended = part["eof"]
        if len(text) > _MOST_BYTES:
            raise VisitError(f"the trace is larger than {_MOST_BYTES >> 20} MB", kind="page")
    await connection.call("IO.close", {"handle": handle})
    return bytes(text)
