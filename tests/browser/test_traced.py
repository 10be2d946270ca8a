"""The page's own work, by name and in ms, from traces of real Chromium."""

import asyncio
import json
from collections.abc import Callable

import pytest

from gapprof.backends.chromium import Chromium
from gapprof.browser import tasks, tracing
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, brought_to
from gapprof.browser.slices import stretch_of, summarise
from gapprof.guard import Guard
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trace, Trial
from tests.browser.conftest import on

BURNER = """
const bursts = [];
function planted() {
  const begin = performance.now();
  while (performance.now() < begin + 20);
  bursts.push([begin, performance.now()]);
}
setInterval(planted, 40);
"""
SOME_TIMERS_MS = 500.0
REQUESTS = """(async () => {
  const begin = performance.now();
  for (let request = 0; request < 40; request += 1) {
    const due = performance.now();
    await new Promise((done) => setTimeout(done, 15));
    performance.measure("gapprof:request", { start: due, end: performance.now() });
  }
  return JSON.stringify({ begin, end: performance.now(), bursts });
})()"""


def test_a_planted_timer_is_named_in_the_evidence(
    chromium: Chromium, job: Job, page_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TRACED_MS", SOME_TIMERS_MS)
    trials: list[Trial] = []
    trace = chromium.traced(on(job, page=page_of(BURNER)), trials.append)
    assert isinstance(trace, Trace), trace
    assert [trial.seen for trial in trials] == [trace.seen], "the visit that was timed goes on"
    planted = [piece for piece in trace.slices if piece.detail.startswith("planted ")]
    assert [(piece.thread, piece.name) for piece in planted] == [("CrRendererMain", "TimerFire")]
    assert planted[0].detail.startswith("planted (page/page.html:")
    assert 0 < planted[0].wall_ms < trace.stretch_ms
    assert len(trace.requests_ms) >= 10


def test_a_page_that_fails_behind_its_timed_requests_is_not_traced(
    chromium: Chromium, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may still be at them, and its trial counts."""

    async def late(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("gapprof.backends.chromium.under_counting", late)
    trials: list[Trial] = []
    found = chromium.traced(on(job, where="main", pacing="paced"), trials.append)
    assert isinstance(found, Failure), found
    assert (found.kind, [trial.counted for trial in trials]) == ("page", [None])


def test_a_planted_timer_has_the_ms_that_the_page_counted_itself(chromium: Chromium, guard: Guard) -> None:
    """Against the page's own clock and not a share of the time, which a busy machine would change."""

    async def record() -> tuple[str, list[tracing.Event]]:
        async with launched(chromium.executable, guard=guard) as browser, attached(browser) as page:
            await brought_to(page, f"data:text/html,<title>t</title><script>{BURNER}</script>")
            await tracing.start(page.connection)
            counted = await page.evaluate(REQUESTS, deadline_s=60)
            return counted, await tracing.stop(page.connection)

    text, events = asyncio.run(record())
    counted = json.loads(text)
    held_ms = sum(
        max(0.0, min(end, counted["end"]) - max(begin, counted["begin"])) for begin, end in counted["bursts"]
    )
    slices = summarise(events, stretch_of(events))
    planted_ms = sum(piece.wall_ms for piece in slices if piece.detail.startswith("planted "))
    assert held_ms > 100
    assert planted_ms == pytest.approx(held_ms, rel=0.10)
