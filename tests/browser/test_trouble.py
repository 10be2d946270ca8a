"""Whatever a browser or a page does: a failure that says what and when, in time, and nothing is raised."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.browser import ready, visit
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, brought_to
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Visit
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Profile, Trace, Trial
from gapprof.records.wire.open import Opened, OpenTask
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import IN_A_TASK, on
from tests.scripts import script

FAULTY_PAGE = script("reports/faulty_page.py")
HANGS_S = 2.0
"""Many times what a page takes to begin a task; one that has not begun it by then gives no answer, either."""
LONG_S = PATIENCE_S + 30.0
"""As long as no constant that ships."""
CLOCK_S = 0.01
"""By which a loop may end a wait too early: it counts in steps of its clock."""


def failure(outcome: Trial | Profile | Trace | Failure | None) -> Failure:
    assert isinstance(outcome, Failure), outcome
    return outcome


def test_a_hung_page_is_given_up_at_the_deadline(
    chromium: Chromium, job: Job, page_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit has the time that its pace says; the task gets what is left of it: here, some seconds."""
    hang = page_of(IN_A_TASK % "for (;;)")
    made, asked_s, opened = list[tuple[float, float]](), list[float](), Visit.open

    def course(*, until: float) -> Course:
        made.append((until, time.monotonic()))
        return Course(until=until)

    async def hurried(self: Visit, task: OpenTask) -> Opened:
        asked_s.append(time.monotonic())
        self.course.until = asked_s[-1] + HANGS_S
        return await opened(self, task)

    monkeypatch.setattr(ready, "Course", course)
    monkeypatch.setattr(Visit, "open", hurried)
    began_s = time.monotonic()
    told = failure(chromium.timed(on(job, page=hang, where="main", deadline_s=LONG_S)))
    ended_s = time.monotonic()
    ((until, made_s),) = made
    assert began_s + LONG_S <= until <= made_s + LONG_S
    assert told.kind == "timeout"
    (left,) = re.findall(r"no answer within (\d+) s", told.message)
    assert 0 < int(left) <= HANGS_S
    assert ended_s - asked_s[0] >= HANGS_S - CLOCK_S


def test_a_page_without_memory_ends_the_visit_at_once(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    greedy = page_of("setTimeout(() => { const a = []; for (;;) a.push(new Array(1e5).fill({})); }, 100)")
    told = failure(chromium.timed(on(job, page=greedy, where="main", js_flags=("--max-old-space-size=40",))))
    assert told.kind == "out-of-memory"


def test_wasm_that_gets_no_memory_is_told_as_such(chromium: Chromium, job: Job) -> None:
    told = failure(chromium.timed(on(job, js_flags=("--wasm-max-mem-pages=100",))))
    assert (told.kind, told.phase) == ("out-of-memory", "create")


def test_wasm_that_aborts_is_a_crash_in_its_own_words(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """The page lives on: told by what is thrown alone, and no fault of the page's or of the model's."""
    told = failure(chromium.timed(on(job, page=page_of(FAULTY_PAGE.ABORTS), where="main")))
    assert (told.kind, told.phase) == ("crash", "warmup")
    assert told.message.startswith("RuntimeError: Aborted()")
    assert ".wasm" in told.detail, "from inside the module"


def test_a_file_that_is_no_model_is_the_models_fault(chromium: Chromium, job: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(Path(job.model_path).read_bytes()[:200])
    told = failure(chromium.timed(replace(on(job, where="main"), model_path=str(broken))))
    assert (told.kind, told.phase) == ("model", "create")
    assert "127.0.0.1" not in told.message + told.detail


def test_inputs_that_went_away_are_the_machines_fault(chromium: Chromium, job: Job, tmp_path: Path) -> None:
    told = failure(chromium.timed(replace(job, inputs_path=str(tmp_path / "gone.npz"))))
    assert (told.kind, told.phase) == ("environment", "start")
    assert "gone.npz" in told.message


def test_a_page_that_goes_elsewhere_takes_the_task_with_it(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    restless = page_of(IN_A_TASK % "location.assign('page.html?again')")
    busy = replace(job, pace=replace(job.pace, warmup_ms=60_000.0))
    told = failure(chromium.timed(on(busy, page=restless, where="main")))
    assert told.kind == "page"


def test_a_crashed_renderer_fails_the_waiting_call_at_once(chromium: Chromium, guard: Guard) -> None:
    async def crash() -> VisitError:
        async with launched(chromium.executable, guard=guard) as browser, attached(browser) as page:
            await brought_to(page, "data:text/html,<title>x</title>")
            waiting = asyncio.create_task(page.evaluate("new Promise(() => {})", deadline_s=600))
            await asyncio.sleep(0.1)
            page.connection.tell("Page.crash", {}, session=page.session)
            with pytest.raises(VisitError) as caught:
                async with asyncio.timeout(PATIENCE_S):
                    await waiting
            return caught.value

    assert asyncio.run(crash()).kind == "crash"


def test_a_call_given_up_leaves_the_connection_usable(chromium: Chromium, guard: Guard) -> None:
    async def give_up() -> str:
        async with launched(chromium.executable, guard=guard) as browser, attached(browser) as page:
            with pytest.raises(VisitError):
                await page.evaluate(
                    "new Promise((done) => setTimeout(() => done('late'), 300))", deadline_s=0.1
                )
            await asyncio.sleep(0.4)
            return await page.evaluate("'still here'", deadline_s=PATIENCE_S)

    assert asyncio.run(give_up()) == "still here"


def test_a_page_that_cannot_be_opened_is_told_by_its_own_name(
    chromium: Chromium, job: Job, tmp_path: Path
) -> None:
    download = tmp_path / "no page.bin"
    download.write_bytes(bytes(100))
    told = failure(chromium.timed(on(job, page=str(download))))
    assert (told.kind, told.phase) == ("page", "load")
    assert str(download) in told.message
    assert "127.0.0.1" not in told.message + told.detail


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_an_address_that_never_answers_is_given_up(
    chromium: Chromium, job: Job, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "PAGE_S", 1.0)
    told = failure(chromium.timed(on(job, page=silent)))
    assert (told.kind, told.phase) == ("page", "load")
    assert told.hint


def test_an_address_where_nobody_is_has_a_reason_and_a_hint(chromium: Chromium, job: Job) -> None:
    """Whoever holds a port without listening there keeps others from it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        told = failure(chromium.timed(on(job, page=f"http://127.0.0.1:{taken.getsockname()[1]}/")))
    assert (told.kind, told.phase) == ("page", "load")
    assert "ERR_CONNECTION_REFUSED" in told.message


@pytest.mark.parametrize(
    ("script", "deadline_s", "said"),
    [
        ("echo no display >&2; exit 7", PATIENCE_S, "exit code 7: no display"),
        ("exec sleep 60", 0.2, "no DevTools address"),
    ],
)
def test_a_browser_that_dies_or_never_answers_is_an_unusable_environment(
    tmp_path: Path, guard: Guard, script: str, deadline_s: float, said: str
) -> None:
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)

    async def launch() -> None:
        async with launched(program, guard=guard, deadline_s=deadline_s):
            pass

    with pytest.raises(VisitError) as caught:
        asyncio.run(launch())
    assert (caught.value.kind, caught.value.phase) == ("environment", "start")
    assert said in caught.value.message
    assert caught.value.hint


def test_a_page_of_any_name_is_visited_inside_somebodys_running_loop(
    chromium: Chromium, job: Job, tmp_path: Path
) -> None:
    page = tmp_path / "a b#c%20é?.html"
    page.write_text("<!doctype html><title>odd</title>")

    async def notebook() -> Trial | Failure:
        return chromium.timed(on(job, page=str(page)))

    assert isinstance(outcome := asyncio.run(notebook()), Trial), outcome
    assert not [thread for thread in threading.enumerate() if thread.name == "gapprof-browser"]
