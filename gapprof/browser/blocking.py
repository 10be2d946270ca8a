"""A coroutine run to its end from ordinary code, inside or outside somebody's running event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")

_POLL_S = 0.2
_PARTING_S = 30.0
"""What an interrupted coroutine may take to clean up: TERM, KILL and a folder to remove."""


def run(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `begin()` and return its result. An interrupt cancels it and waits for its clean-up."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_quietly(begin))
    return _in_thread(begin)


def _in_thread(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """In a notebook a loop runs already, and loops do not nest."""
    outcome: Future[T] = Future()
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def whole() -> T:
        task = asyncio.current_task()
        if task is not None:
            started.set_result((asyncio.get_running_loop(), task))
        return await _quietly(begin)

    def work() -> None:
        try:
            with asyncio.Runner() as runner:  # makes no coroutine where it has no loop for one
                result = runner.run(whole())
            outcome.set_result(result)
        except BaseException as error:
            outcome.set_exception(error)

    thread = threading.Thread(target=work, name="gapprof-browser")
    asking = asyncio.current_task()
    try:
        thread.start()
        while not wait([outcome], timeout=_POLL_S).done:
            # asyncio.run answers Ctrl-C by cancelling its task, which this call keeps from hearing of it.
            if asking is not None and asking.cancelling():
                raise asyncio.CancelledError
        return outcome.result()
    except BaseException:
        # An interrupt may come before there is a thread, and after its end.
        if not outcome.done() and thread in threading.enumerate():
            loop, task = started.result(timeout=_PARTING_S)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(task.cancel)
            thread.join(timeout=_PARTING_S)
        raise


async def _quietly(begin: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Errors of futures that nobody waits for any more belong to a page that was given up: dropped."""
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    return await begin()
