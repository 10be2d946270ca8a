"""A page whose session is open, behind a browser that answers as a test says: what becomes of its trial."""

import time
from collections.abc import Mapping
from os import getpid
from pathlib import Path

from gapprof.backends.chromium import Chromium
from gapprof.browser.crew import Crew
from gapprof.browser.page import Page
from gapprof.browser.ready import Ready, outcome
from gapprof.browser.server import Serving, Site
from gapprof.browser.tasks import open_task
from gapprof.browser.visit import Course, Visit
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.trial import Failure, TierUpEnd, Trial
from gapprof.records.wire.open import Opened
from tests.unit.browser.devtools import OWN_RENDERER, Answer, answering, process

BASE = "http://127.0.0.1:1/token/"
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


class Browser:
    """Its page carries out tasks as `tasks` says; it is this very process, which runs the model."""

    def __init__(
        self, tasks: Answer, others: Mapping[str, Answer] = {}, *, tier_up: TierUpEnd = "steady"
    ) -> None:
        self._tasks = tasks
        self._others = others
        self._tier_up: TierUpEnd = tier_up
        self.methods: set[str] = set()

    def visited(self, job: Job, tmp_path: Path) -> Trial | Failure:
        """What becomes of a visit, once its page is warm."""
        answers: dict[str, Answer] = {
            "Runtime.evaluate": self._tasks,
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
                    tier_up=self._tier_up,
                    crew=Crew(renderer=getpid(), roles={getpid(): "inference"}),
                )
                _, trial = await chromium._trial(job, ready)
                return trial

        return outcome(job, carried_out)
