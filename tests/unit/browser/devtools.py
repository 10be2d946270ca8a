"""A browser's DevTools address that answers each call as a test says, over a real socket."""

import io
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.legacy.server import WebSocketServerProtocol, serve

from gapprof.browser.cdp import Connection, connected
from gapprof.browser.launch import Browser, Stderr

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""From a call's parameters to its result; None: the browser never answers. Raises `Gone`."""


class Gone(Exception):
    """The browser ends instead of answering."""


OWN_RENDERER: Mapping[str, Any] = {"processInfo": [{"id": os.getpid(), "type": "renderer"}]}
"""A browser whose only process is the test's own: one that the kernel tells of."""


def process() -> Browser:
    """Of such a browser."""
    return Browser(
        pid=os.getpid(),
        endpoint="",
        profile=Path("profile"),
        marker="of-nobody-else",
        stderr=Stderr(io.BytesIO()),
        launch_ms=0.0,
    )


def silent(_asked: Mapping[str, Any]) -> None:
    """Of a page that hangs."""


@asynccontextmanager
async def answering(answers: Mapping[str, Answer]) -> AsyncIterator[Connection]:
    """By method; what is not named there is answered with nothing in it."""

    async def browser(socket: WebSocketServerProtocol, _path: str = "") -> None:
        async for text in socket:
            call = json.loads(text)
            try:
                result = answers.get(call["method"], lambda _asked: {})(call["params"])
            except Gone:
                await socket.close()
                return
            if result is not None:
                answer = {"id": call["id"], "result": result, "sessionId": call.get("sessionId", "")}
                await socket.send(json.dumps(answer))

    async with serve(browser, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connected(f"ws://127.0.0.1:{port}/devtools") as connection:
            yield connection
