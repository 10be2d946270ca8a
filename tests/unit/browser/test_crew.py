"""Which process is a page's, and which thread of it has its model: the worker that was there first."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from gapprof.backends.chromium import traces_tell
from gapprof.browser import crew as crews
from gapprof.browser.crew import Beginning, Crew, by_age, crew
from gapprof.browser.page import Page
from gapprof.records.trial import ThreadUse
from tests.patience import SOON_S
from tests.unit.browser.devtools import Answer, answering, silent

PAGE, TAB, SPARE = 100, 200, 300
"""Processes; the tab is the one that does most, and the browser keeps one in reserve."""


def test_the_oldest_thread_is_the_first_whatever_its_number() -> None:
    """On a machine whose numbers have begun anew between the second and the third."""
    assert by_age({32_700: 500, 32_760: 500, 310: 501, 402: 640}) == [32_700, 32_760, 310, 402]


def test_a_thread_that_has_ended_is_not_taken_for_the_oldest() -> None:
    assert by_age({300: None, 310: 501, 402: 500}) == [402, 310]


def test_where_nobody_says_when_any_thread_began_their_numbers_decide() -> None:
    assert by_age({402: None, 310: None}) == [310, 402]


class Renderers:
    """Processes of a browser as the kernel tells of them, which get workers when their pages make some."""

    def __init__(self, main_cpu_ms: Mapping[int, float]) -> None:
        self._threads = {pid: {pid: _use("chrome", ms)} for pid, ms in main_cpu_ms.items()}
        self._last = 1000

    def threads(self, pid: int, _process: str) -> dict[int, ThreadUse]:
        return dict(self._threads.get(pid, {}))

    def work(self, *pids: int) -> None:
        for pid in pids:
            self._last += 1
            self._threads[pid][self._last] = _use("DedicatedWorker", 0.0)


def _use(thread: str, cpu_ms: float) -> ThreadUse:
    return ThreadUse(process="renderer", thread=thread, cpu_ms=cpu_ms, run_queue_ms=0.0)


def found(
    monkeypatch: pytest.MonkeyPatch, renderers: Renderers, sign: Answer, *, most_s: float = SOON_S
) -> tuple[Crew, set[str]]:
    """Whose the page is found to be, and what it was asked for that."""
    monkeypatch.setattr(crews, "thread_use", renderers.threads)
    began = {pid: Beginning(main_cpu_ms=0.0, workers=frozenset()) for pid in (PAGE, TAB, SPARE)}

    async def whole() -> tuple[Crew, set[str]]:
        async with answering({"Runtime.evaluate": sign}) as connection:
            page = Page(connection=connection, target="page", session="page")
            return await crew(page, "main", began, most_s=most_s), connection.methods

    return asyncio.run(whole())


def test_the_only_one_that_was_at_work_is_the_pages_and_it_is_asked_for_no_sign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    of_page, asked = found(monkeypatch, Renderers({PAGE: 90.0, TAB: 0.5, SPARE: 0.0}), silent)
    assert (of_page.renderer, of_page.roles, asked) == (PAGE, {PAGE: "inference"}, set())


def test_a_sign_tells_a_page_from_a_tab_that_does_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tab has a new worker as well, the first time."""
    renderers = Renderers({PAGE: 90.0, TAB: 900.0, SPARE: 0.0})
    signs = iter([(PAGE, TAB), (PAGE,)])

    def sign(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
        renderers.work(*next(signs))
        return {"result": {"value": "here"}}

    of_page, _ = found(monkeypatch, renderers, sign)
    assert (of_page.renderer, of_page.undecided) == (PAGE, False)
    assert list(signs) == []


def both_each_time(renderers: Renderers) -> Answer:
    def sign(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
        renderers.work(PAGE, TAB)
        return {"result": {"value": "here"}}

    return sign


def neither(_renderers: Renderers) -> Answer:
    return lambda _asked: {"result": {"value": "here"}}


def no_worker(_renderers: Renderers) -> Answer:
    return lambda _asked: {"result": {}, "exceptionDetails": {"text": "no worker"}}


def hanging(_renderers: Renderers) -> Answer:
    return silent


@pytest.mark.parametrize("signs", [both_each_time, neither, no_worker, hanging])
def test_where_no_sign_decides_the_busier_one_is_not_taken_for_the_page(
    monkeypatch: pytest.MonkeyPatch, signs: Any
) -> None:
    renderers = Renderers({PAGE: 90.0, TAB: 900.0, SPARE: 0.0})
    began_s = time.monotonic()
    of_page, _ = found(monkeypatch, renderers, signs(renderers), most_s=0.2)
    assert of_page == Crew(renderer=None, undecided=True)
    assert time.monotonic() - began_s < SOON_S, "however long a page takes for its sign"


def test_a_trace_stands_in_for_a_kernel_that_says_nothing_and_for_no_other() -> None:
    assert traces_tell(Crew(renderer=None))
    assert not traces_tell(Crew(renderer=None, undecided=True))
    assert not traces_tell(Crew(renderer=PAGE))
