"""The end of a trace, against a real websocket server that says what a browser says then."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest
from websockets.legacy.server import WebSocketServerProtocol, serve

from gapprof.browser import tracing
from gapprof.browser.cdp import connected
from gapprof.browser.trouble import VisitError

EVENT: tracing.Event = {"name": "work", "ph": "X", "ts": 1.0, "dur": 2.0, "pid": 1, "tid": 1}


@asynccontextmanager
async def browser(said: Mapping[str, object]) -> AsyncIterator[str]:
    """Has one event, and ends its trace with these words."""

    async def talk(socket: WebSocketServerProtocol, _path: str = "") -> None:
        async for text in socket:
            call = json.loads(text)
            await socket.send(json.dumps({"id": call["id"], "result": {"categories": ["toplevel"]}}))
            if call["method"] == "Tracing.end":
                await socket.send(
                    json.dumps({"method": "Tracing.dataCollected", "params": {"value": [EVENT]}})
                )
                await socket.send(json.dumps({"method": "Tracing.tracingComplete", "params": said}))

    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/devtools"


def traced(said: Mapping[str, object]) -> Sequence[tracing.Event]:
    async def whole() -> Sequence[tracing.Event]:
        async with browser(said) as endpoint, connected(endpoint) as connection, asyncio.timeout(10):
            await tracing.start(connection)
            return await tracing.stop(connection)

    return asyncio.run(whole())


@pytest.mark.parametrize("said", [{"dataLossOccurred": False}, {}], ids=["none", "unsaid"])
def test_a_whole_trace_is_its_events(said: Mapping[str, object]) -> None:
    assert list(traced(said)) == [EVENT]


def test_what_is_not_kept_is_none_of_its_events() -> None:
    async def whole() -> Sequence[tracing.Event]:
        async with browser({}) as endpoint, connected(endpoint) as connection, asyncio.timeout(10):
            await tracing.start(connection)
            return await tracing.stop(connection, keep=lambda event: event["name"] != EVENT["name"])

    assert list(asyncio.run(whole())) == []


def test_a_trace_that_lost_events_is_none() -> None:
    with pytest.raises(VisitError, match="buffer for its trace was full, and events are missing"):
        traced({"dataLossOccurred": True})
