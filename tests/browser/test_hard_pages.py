"""Pages that make it hard: a trial is reported or fails with a reason, in time, and nothing is left."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.browser import driver
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import IN_A_TASK, on
from tests.browser.served import by_url
from tests.hostile.stepped_clock import stepping_library

SURVIVED = {
    "floods the console": """
        setInterval(() => { for (let i = 0; i < 200; i++) console.log('x'.repeat(500)); }, 20);""",
    "opens dialogs": "setInterval(() => { alert('a'); confirm('b'); prompt('c'); }, 50);",
    "asks before it is left": "addEventListener('beforeunload', (event) => { event.preventDefault(); });",
    "never becomes idle": """
        const spin = () => {
          const end = performance.now() + 5;
          while (performance.now() < end);
          setTimeout(spin);
        };
        spin();""",
    "sets the clock": """
        const hour = 3.6e6, now = Date.now;
        let readings = 0;
        Date.now = () => now() + (readings++ % 2 ? hour : -hour);""",
    "opens windows": "setInterval(() => open('about:blank'), 100);",
    "breaks what it can": """
        console.log = () => { throw new Error('no'); };
        Array.prototype.extra = 1;
        window.onerror = () => { throw new Error('again'); };
        Promise.reject(new Error('nobody listens'));""",
}
GOODBYE_MS = 10_000.0
"""For so long websockets waits for the end of a connection, whose other end may have much to say before."""
AT_ONCE = ("floods the console", "never becomes idle", "sets the clock")  # dialogs: see test_timed
ENDED = {
    "navigates away": (IN_A_TASK % "location.href = 'about:blank'", "page"),
    "becomes another document": (IN_A_TASK % "location.replace('/')", "page"),
    "allocates until it dies": (
        """
        const hoard = [];
        setInterval(() => { for (let i = 0; i < 20; i++) hoard.push(new Array(1e6).fill(i)); }, 1);""",
        "out-of-memory",
    ),
}


def is_measured(page: str, chromium: Chromium, job: Job) -> None:
    began = time.perf_counter()
    outcome = chromium.timed(on(job, page=page, where="main", pacing="paced", deadline_s=PATIENCE_S))
    took_ms = 1e3 * (time.perf_counter() - began)
    assert isinstance(outcome, Trial), outcome
    assert len(outcome.requests_ms) == job.pace.requests
    assert 0 < sum(outcome.requests_ms) < took_ms
    assert outcome.cold_ms["page"] < GOODBYE_MS


@pytest.mark.long
@pytest.mark.parametrize("what", SURVIVED)
def test_a_page_that_does_this_is_measured(
    what: str,
    chromium: Chromium,
    job: Job,
    page_of: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "_PARTING_S", PATIENCE_S)
    is_measured(page_of(SURVIVED[what]), chromium, job)


def test_a_page_by_its_url_that_does_several_of_these_at_once_is_measured(
    chromium: Chromium, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_PARTING_S", PATIENCE_S)
    with by_url("\n".join(f"{{{SURVIVED[what]}}}" for what in AT_ONCE)) as page:
        is_measured(page, chromium, job)


@pytest.mark.long
def test_a_clock_that_is_set_while_it_is_measured_moves_no_figure_of_a_browser(
    chromium: Chromium, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every process of the browser's, at every reading."""
    monkeypatch.setenv("LD_PRELOAD", str(stepping_library(tmp_path)))
    began = time.perf_counter()
    outcome = chromium.timed(job)
    took_ms = 1e3 * (time.perf_counter() - began)
    assert isinstance(outcome, Trial), outcome
    assert min(outcome.samples_ms) > 0
    figures = (*outcome.samples_ms, *outcome.warmup_ms, *outcome.cold_ms.values(), outcome.load.wall_ms)
    assert all(0 <= figure < took_ms for figure in figures)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(what, marks=() if what == "becomes another document" else pytest.mark.long)
        for what in ENDED
    ],
)
def test_a_page_that_does_this_fails_with_its_reason(
    what: str, chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    script, kind = ENDED[what]
    memory = ("--max-old-space-size=60",) if kind == "out-of-memory" else ()
    long = replace(job, pace=replace(job.pace, warmup_ms=60_000.0))
    outcome = chromium.timed(
        on(long, page=page_of(script), where="main", js_flags=memory, deadline_s=PATIENCE_S)
    )
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind == kind, outcome
    assert outcome.message
    assert "\n" not in outcome.message
