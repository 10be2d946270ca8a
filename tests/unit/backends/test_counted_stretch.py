"""A timed trial is there when requests are counted behind it: whatever becomes of these, it is not lost."""

import time
from collections.abc import Mapping
from os import getpid
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.browser import counted, counters
from gapprof.browser.crew import Crew
from gapprof.browser.page import Page
from gapprof.browser.ready import Ready, outcome
from gapprof.browser.server import Serving, Site
from gapprof.browser.tasks import open_task
from gapprof.browser.visit import Course, Visit
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from gapprof.records.wire.open import Opened
from gapprof.records.wire.time import Timed
from tests.settings import QUIET
from tests.unit.browser.devtools import OWN_RENDERER, Answer, Gone, answering, process, silent
from tests.unit.browser.jobs import JOB as PLAIN

BASE = "http://127.0.0.1:1/token/"
DEADLINE_S = 6.0
TIMED = Timed(
    samples_ms=(),
    requests_ms=(11.0, 10.0, 12.0),
    runs_ms=(6.0, 5.0, 7.0),
    ways=3,
    stretch_ms=33.0,
    busy_ms=18.0,
)
SETTING = replace(QUIET, where="main", pacing="paced")
JOB = replace(
    PLAIN,
    setting=SETTING,
    external_data=(),
    pace=replace(PLAIN.pace, batch=1, samples=5, requests=3, deadline_s=DEADLINE_S),
)
OPENED = Opened(
    cold_ms={},
    warmup_ms=(5.0,),
    outputs=(),
    threads=1,
    isolated=True,
    where="main",
    timer_step_us=5.0,
    hardware_concurrency=2,
    ort_version="1.30.0",
    user_agent="",
    page_url=BASE,
)
COUNTERS = ("Timestamp", "TaskDuration", "ThreadTime")


def gone(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    raise Gone


def timed(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"result": {"value": json.encode(TIMED).decode()}}


class Browser:
    """One that times what it is asked to, once; `then` is what it makes of requests behind those."""

    def __init__(self, then: Answer, others: Mapping[str, Answer] = {}) -> None:
        self._answers = iter((timed, then))
        self._others = others
        self.methods: set[str] = set()

    def visited(self, job: Job, tmp_path: Path) -> Trial | Failure:
        """What becomes of a visit, once its page is warm."""
        answers: dict[str, Answer] = {
            "Runtime.evaluate": lambda asked: next(self._answers)(asked),
            "SystemInfo.getProcessInfo": lambda _asked: OWN_RENDERER,
            "Browser.getVersion": lambda _asked: {"product": "Chrome/156"},
            "Browser.getBrowserCommandLine": lambda _asked: {"arguments": []},
            "Performance.getMetrics": lambda _asked: {
                "metrics": [{"name": name, "value": time.monotonic()} for name in COUNTERS]
            },
            **self._others,
        }
        chromium = Chromium(executable=Path("chromium"), web_dist=tmp_path, guard=Guard())

        async def carried_out(course: Course) -> Trial:
            async with answering(answers) as connection:
                self.methods = connection.methods
                visit = Visit(
                    serving=Serving(site=Site(folders={}, isolated=True), base=BASE),
                    browser=process(),
                    page=Page(connection=connection, target="page", session="page"),
                    load_ms=1.0,
                    navigated_s=0.0,
                    course=course,
                )
                ready = Ready(
                    visit=visit,
                    opening=open_task(job, base=BASE, module="ort.mjs", inputs=()),
                    opened=OPENED,
                    tier_up="steady",
                    crew=Crew(renderer=getpid(), roles={getpid(): "inference"}),
                )
                return await chromium._trial(job, ready)

        return outcome(job, carried_out)


@pytest.fixture
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a page that hangs: how long it is waited for is another test's claim."""
    monkeypatch.setattr(counted, "_BEGIN_S", 0.2)
    for place in (counted, counters):
        monkeypatch.setattr(place, "PARTING_S", 0.1)


def in_time(browser: Browser, tmp_path: Path, job: Job = JOB) -> Trial:
    """A trial within the visit's deadline."""
    began_s = time.monotonic()
    found = browser.visited(job, tmp_path)
    assert time.monotonic() - began_s <= job.pace.deadline_s
    assert isinstance(found, Trial), found
    assert (found.requests_ms, found.runs_ms) == (TIMED.requests_ms, TIMED.runs_ms)
    assert found.seen.engine_version == "Chrome/156"
    return found


def test_requests_behind_the_timed_ones_are_counted_where_all_goes_well(tmp_path: Path) -> None:
    browser = Browser(timed)
    found = in_time(browser, tmp_path)
    assert found.counted is not None
    assert found.counted.runs_ms == TIMED.runs_ms
    assert {"Performance.enable", "Performance.disable"} <= browser.methods


@pytest.mark.usefixtures("little_patience")
@pytest.mark.parametrize(
    ("then", "others"),
    [
        (silent, {}),
        (gone, {}),
        (timed, {"Performance.enable": gone}),
        (silent, {"Performance.disable": silent}),
        (timed, {"Performance.enable": silent, "Performance.disable": silent}),
        (timed, {"Performance.getMetrics": silent, "Performance.disable": silent}),
        (timed, {"Performance.getMetrics": lambda _asked: {"metrics": []}}),
        (lambda _asked: {"result": {"value": "no answer"}}, {}),
    ],
    ids=[
        "hangs",
        "ends",
        "ends-before",
        "hangs-for-good",
        "hangs-before",
        "hangs-at-counters",
        "no-counters",
        "senseless",
    ],
)
def test_a_trial_counts_whatever_becomes_of_the_requests_behind_it(
    then: Answer, others: Mapping[str, Answer], tmp_path: Path
) -> None:
    browser = Browser(then, others)
    assert in_time(browser, tmp_path).counted is None
    assert "Performance.enable" in browser.methods


def test_close_to_its_deadline_a_visit_counts_nothing(tmp_path: Path) -> None:
    """Half of two seconds, less what taking it back may take, is next to nothing."""
    browser = Browser(timed)
    close = replace(JOB, pace=replace(JOB.pace, deadline_s=2.0))
    assert in_time(browser, tmp_path, close).counted is None
    assert "Performance.enable" not in browser.methods


def test_where_a_gpu_is_lost_meanwhile_runs_before_it_may_have_lost_it(tmp_path: Path) -> None:
    on_gpu = replace(JOB, setting=replace(SETTING, device="gpu", gpu_api="webgl"))
    found = Browser(gone).visited(on_gpu, tmp_path)
    assert isinstance(found, Failure)
    assert found.kind == "crash"
