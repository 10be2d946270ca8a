"""Against a real websocket server that speaks just enough of the protocol."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.legacy.server import WebSocketServerProtocol, serve

from gapprof.browser.cdp import CallError, Connection, connected
from gapprof.browser.trouble import VisitError
from tests.patience import SOON_S

LATE_S = 0.2


async def browser(socket: WebSocketServerProtocol, _path: str = "") -> None:
    """Answers by the name of the method that it is asked."""
    tasks = []
    async for text in socket:
        call = json.loads(text)
        answer = {"id": call["id"], "result": {"echo": call.get("params"), "session": call.get("sessionId")}}
        match call["method"]:
            case "silence":
                pass
            case "late":

                async def late(message: str = json.dumps(answer)) -> None:
                    await asyncio.sleep(LATE_S)
                    await socket.send(message)

                tasks.append(asyncio.create_task(late()))
            case "wrong":
                await socket.send(json.dumps({"id": call["id"], "error": {"message": "no such thing"}}))
            case "event":
                await socket.send(json.dumps({"method": "happened", "params": call["params"]}))
                await socket.send(json.dumps(answer))
            case "hang-up":
                await socket.close()
            case _:
                await socket.send(json.dumps(answer))
    await asyncio.gather(*tasks, return_exceptions=True)


def talk(conversation: Callable[[Connection], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with running() as endpoint, connected(endpoint) as connection, asyncio.timeout(SOON_S):
            await conversation(connection)

    asyncio.run(whole())


@asynccontextmanager
async def running() -> AsyncIterator[str]:
    async with serve(browser, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/devtools"


def test_a_call_gets_its_own_answer_and_session() -> None:
    async def conversation(connection: Connection) -> None:
        one, two = await asyncio.gather(
            connection.call("ask", {"n": 1}, session="s1"), connection.call("ask", {"n": 2})
        )
        assert one == {"echo": {"n": 1}, "session": "s1"}
        assert two == {"echo": {"n": 2}, "session": None}
        assert connection.methods == {"ask"}

    talk(conversation)


def test_an_error_is_raised_with_its_words() -> None:
    async def conversation(connection: Connection) -> None:
        with pytest.raises(CallError, match="no such thing"):
            await connection.call("wrong")

    talk(conversation)


def test_a_call_that_timed_out_leaves_the_connection_usable() -> None:
    async def conversation(connection: Connection) -> None:
        with pytest.raises(TimeoutError):
            await connection.call("late", deadline_s=LATE_S / 4)
        await asyncio.sleep(LATE_S * 1.5)
        assert await connection.call("ask") == {"echo": {}, "session": None}

    talk(conversation)


def test_a_buried_session_fails_its_waiting_calls_and_later_ones_but_no_others() -> None:
    async def conversation(connection: Connection) -> None:
        waiting = asyncio.create_task(connection.call("silence", session="page"))
        death = asyncio.create_task(connection.death("page"))
        await connection.call("ask")
        connection.bury("page", VisitError("crashed", kind="crash"))
        with pytest.raises(VisitError, match="crashed"):
            await waiting
        with pytest.raises(VisitError, match="crashed"):
            await connection.call("ask", session="page")
        assert (await death).kind == "crash"
        await connection.call("ask")

    talk(conversation)


def test_a_browser_that_hangs_up_fails_every_waiting_call_at_once() -> None:
    async def conversation(connection: Connection) -> None:
        waiting = asyncio.create_task(connection.call("silence", session="page"))
        await connection.call("ask")
        connection.tell("hang-up", {}, session="")
        with pytest.raises(VisitError) as caught:
            await waiting
        assert caught.value.kind == "crash"
        with pytest.raises(VisitError):
            await connection.call("ask")

    talk(conversation)


def test_events_reach_their_listener() -> None:
    async def conversation(connection: Connection) -> None:
        heard: list[object] = []
        connection.listen("happened", heard.append)
        await connection.call("event", {"n": 3})
        assert heard == [{"n": 3}]

    talk(conversation)


def test_nobody_at_the_endpoint_is_an_unusable_environment() -> None:
    async def nobody() -> None:
        async with connected("ws://127.0.0.1:9/devtools"):
            pass

    with pytest.raises(VisitError) as caught:
        asyncio.run(nobody())
    assert (caught.value.kind, caught.value.phase) == ("environment", "start")
