"""What a browser says at its end is heard, though it may be read after that end is told."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

from gapprof.browser import visit
from gapprof.browser.launch import Browser, Stderr
from gapprof.browser.trouble import VisitError

LATE_S = 0.3


def crashed(said: bytes, *, late_s: float = 0.0) -> VisitError:
    """What becomes of a renderer's end where its browser's words are read only so long after that."""
    reading, writing = os.pipe()
    browser = Browser(
        pid=0, endpoint="", profile=Path(), marker="", stderr=Stderr(os.fdopen(reading, "rb")), launch_ms=0.0
    )

    def say() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)

    speaking = threading.Timer(late_s, say)

    async def visited() -> None:
        async with visit._explained(browser):
            speaking.start()
            if not late_s:
                speaking.join()
                browser.stderr.close()
            raise VisitError("the page's renderer ended", kind="crash")

    with pytest.raises(VisitError) as told:
        asyncio.run(visited())
    speaking.join()
    browser.stderr.close()
    return told.value


def test_memory_is_blamed_where_the_last_words_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_LAST_WORDS_S", 120.0)
    told = crashed(b"...\n<--- Last few GCs --->\nFATAL: javascript OOM\n", late_s=LATE_S)
    assert told.kind == "out-of-memory"
    assert told.message == "the page ran out of memory: the page's renderer ended"
    assert "javascript OOM" in told.detail


def test_a_crash_with_other_words_stays_one_and_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_LAST_WORDS_S", 120.0)
    began = time.monotonic()
    told = crashed(b"received signal 11\n")
    assert (told.kind, told.detail) == ("crash", "received signal 11\n")
    assert time.monotonic() - began < 60, "nobody is left who could say more"


def test_who_may_say_more_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "_LAST_WORDS_S", 0.0)
    assert crashed(b"FATAL: javascript OOM\n", late_s=LATE_S).kind == "crash"
