"""The page's own heaps, of a browser that is slow to answer for its page and deaf for a worker of a pool."""

import asyncio
import json
from typing import Any

import pytest
from websockets.legacy.server import WebSocketServerProtocol, serve

from gapprof.browser.cdp import connected
from gapprof.browser.page import Page
from gapprof.memory import realms
from gapprof.memory.realms import Heaps, followed

PAGE, POOL = "page", "pool"
LATE_S = 0.2
ANSWERS: dict[str, dict[str, Any]] = {
    "Target.setAutoAttach": {},
    "HeapProfiler.collectGarbage": {},
    "Runtime.getHeapUsage": {"usedSize": 3, "backingStorageSize": 4},
}
ATTACHED = {
    "method": "Target.attachedToTarget",
    "params": {"sessionId": POOL, "targetInfo": {"type": "worker"}},
    "sessionId": PAGE,
}


async def browser(socket: WebSocketServerProtocol, _path: str = "") -> None:
    async for text in socket:
        call = json.loads(text)
        if call["sessionId"] == POOL:
            continue
        if call["method"] == "Target.setAutoAttach":
            await socket.send(json.dumps(ATTACHED))
        await asyncio.sleep(LATE_S)
        await socket.send(json.dumps({"id": call["id"], "result": ANSWERS[call["method"]]}))


async def heaps() -> Heaps:
    async with serve(browser, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connected(f"ws://127.0.0.1:{port}/devtools") as connection:
            found = await followed(Page(connection=connection, target="", session=PAGE))
            await found.collect()
            return await found.heaps()


def test_a_page_without_a_core_is_waited_for_and_a_deaf_worker_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(realms, "_ANSWER_S", LATE_S / 4)
    monkeypatch.setattr(realms, "_PAGE_S", 120.0)
    assert asyncio.run(heaps()) == Heaps(js_heap_bytes=3, array_buffers_bytes=4)
