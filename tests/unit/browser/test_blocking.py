import _thread
import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gapprof.browser import blocking


async def answer() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


async def stumble() -> str:
    raise LookupError("nothing there")


def test_without_a_loop_it_runs_in_this_thread() -> None:
    assert blocking.run(answer) == threading.current_thread().name


def test_inside_a_running_loop_it_runs_in_a_thread_of_its_own() -> None:
    async def notebook() -> str:
        return blocking.run(answer)

    assert asyncio.run(notebook()) == "gapprof-browser"


def test_errors_come_out_as_they_are_on_both_ways() -> None:
    async def notebook() -> str:
        return blocking.run(stumble)

    with pytest.raises(LookupError):
        blocking.run(stumble)
    with pytest.raises(LookupError):
        asyncio.run(notebook())


def run_by_asyncio(notebook: Callable[[], Coroutine[Any, Any, str]]) -> str:
    return asyncio.run(notebook())


def run_by_a_loop_of_its_own(notebook: Callable[[], Coroutine[Any, Any, str]]) -> str:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(notebook())
    finally:
        loop.close()


class Lingering(threading.Thread):
    """Not at its end yet when its work is done."""

    def run(self) -> None:
        super().run()
        time.sleep(0.5)


def test_what_keeps_a_loop_from_beginning_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted() -> asyncio.AbstractEventLoop:
        raise OSError("no more files may be open")

    async def notebook() -> str:
        monkeypatch.setattr(threading, "Thread", Lingering)
        monkeypatch.setattr(asyncio.events, "new_event_loop", exhausted)
        return blocking.run(answer)

    with pytest.raises(OSError, match="no more files may be open"):
        asyncio.run(notebook())


class Overtaken(threading.Thread):
    """At work for half a second while whoever started it gets no core."""

    def start(self) -> None:
        super().start()
        for _ in range(10):
            time.sleep(0.05)


@pytest.mark.parametrize("thread", [threading.Thread, Overtaken])
@pytest.mark.parametrize("run", [run_by_asyncio, run_by_a_loop_of_its_own])
def test_an_interrupt_inside_a_running_loop_waits_for_the_clean_up(
    run: Callable[[Callable[[], Coroutine[Any, Any, str]]], str],
    thread: type[threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "Thread", thread)
    cleaned = threading.Event()

    async def endless() -> str:
        try:
            threading.Timer(0.1, _thread.interrupt_main).start()
            await asyncio.sleep(60)
        finally:
            cleaned.set()
        return "never"

    async def notebook() -> str:
        return blocking.run(endless)

    with pytest.raises(KeyboardInterrupt):
        run(notebook)
    assert cleaned.is_set()
