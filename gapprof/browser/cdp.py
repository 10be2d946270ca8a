"""A flat client of the Chrome DevTools Protocol: a deadline per call, dead pages fail at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.legacy.client import WebSocketClientProtocol, connect

from gapprof.browser.trouble import VisitError, reading

Params = Mapping[str, Any]
Listener = Callable[[Params], None]

CALL_S = 30.0
"""Enough for every call that waits for nothing but the browser itself."""
_CONNECT_S = 10.0


class CallError(Exception):
    """The browser answered a call with an error."""


class Connection:
    """One websocket to the browser; sessions share it. Open it with `connected`.

    pyppeteer's connection dies of a cancelled call and wraps JSON in JSON; this one does neither.
    """

    def __init__(self, socket: WebSocketClientProtocol, endpoint: str) -> None:
        self.endpoint = endpoint
        self._socket = socket
        self._last = 0
        self._waiting: dict[int, tuple[str, asyncio.Future[Params]]] = {}
        self._listeners: dict[tuple[str, str], Listener] = {}
        self._dead: dict[str, VisitError] = {}
        self._mourners: set[asyncio.Event] = set()
        self._told: set[asyncio.Task[None]] = set()
        self.methods: set[str] = set()
        """Every method that was ever called: what a pass was instrumented with can be read off."""

    async def call(
        self, method: str, params: Params | None = None, *, session: str = "", deadline_s: float = CALL_S
    ) -> Params:
        """Call and wait. Raises CallError, TimeoutError, or the VisitError that ended page or browser.

        A call given up leaves the connection usable; its late answer is dropped.
        """
        trouble = self._dead.get(session) or self._dead.get("")
        if trouble is not None:
            raise trouble
        self._last += 1
        number = self._last
        self.methods.add(method)
        message: dict[str, Any] = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (session, answer)
        try:
            async with asyncio.timeout(deadline_s):
                await self._socket.send(json.dumps(message))
                return await answer
        except ConnectionClosed as closed:
            raise self._dead.get("") or _closed(closed) from closed
        finally:
            del self._waiting[number]

    def tell(self, method: str, params: Params, *, session: str) -> None:
        """Call without waiting, from a listener for instance; what comes of it is nobody's business."""

        async def call() -> None:
            with suppress(CallError, TimeoutError, VisitError):
                await self.call(method, params, session=session)

        telling = asyncio.create_task(call())
        self._told.add(telling)
        telling.add_done_callback(self._told.discard)

    def listen(self, event: str, listener: Listener, *, session: str = "") -> None:
        """Hear one kind of event of one session; the empty session is the browser's own."""
        self._listeners[session, event] = listener

    def bury(self, session: str, trouble: VisitError) -> None:
        """Fail all calls of this session, waiting and to come; the empty session stands for all sessions."""
        self._dead.setdefault(session, trouble)
        for owner, answer in self._waiting.values():
            if not answer.done() and session in ("", owner):
                answer.set_exception(trouble)
        for mourner in self._mourners:
            mourner.set()

    async def death(self, session: str) -> VisitError:
        """Wait until this session, or the whole browser, is dead; returns what of."""
        news = asyncio.Event()
        self._mourners.add(news)
        try:
            while True:
                trouble = self._dead.get(session) or self._dead.get("")
                if trouble is not None:
                    return trouble
                news.clear()
                await news.wait()
        finally:
            self._mourners.remove(news)

    async def receive(self) -> None:
        """Deliver answers and events until the browser hangs up."""
        try:
            async for text in self._socket:
                with reading("message"):
                    self._deliver(json.loads(text))
        except ConnectionClosed as closed:
            self.bury("", _closed(closed))
        except VisitError as senseless:
            self.bury("", senseless)
        else:
            self.bury("", _closed(None))

    def _deliver(self, message: Mapping[str, Any]) -> None:
        if "id" not in message:
            listener = self._listeners.get((message.get("sessionId", ""), message["method"]))
            if listener is not None:
                listener(message.get("params", {}))
            return
        _, answer = self._waiting.get(message["id"], ("", None))
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(CallError(str(message["error"].get("message", message["error"]))))
        else:
            answer.set_result(message["result"])


@asynccontextmanager
async def connected(endpoint: str) -> AsyncIterator[Connection]:
    """Open the browser's websocket; closed on leaving, within a deadline, even if the browser hangs."""
    # Traffic is loopback: compression would only burn time on the machine that is being measured.
    try:
        socket = await connect(
            endpoint,
            max_size=None,
            ping_interval=None,
            compression=None,
            write_limit=2**22,
            open_timeout=_CONNECT_S,
            close_timeout=1.0,
        )
    except (OSError, TimeoutError, WebSocketException) as error:
        raise VisitError(
            f"the browser does not take a DevTools connection: {error}", kind="environment", phase="start"
        ) from error
    connection = Connection(socket, endpoint)
    receiving = asyncio.create_task(connection.receive())
    try:
        yield connection
    finally:
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving
        await socket.close()


def _closed(cause: ConnectionClosed | None) -> VisitError:
    said = f" ({cause})" if cause is not None else ""
    return VisitError(f"the browser closed its DevTools connection{said}", kind="crash")
