"""The page's own work, by name and in ms, from traces of real Chromium."""

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.browser import crew, scheduler, tasks, tier_up, tracing
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, brought_to
from gapprof.browser.slices import stretch_of, summarise
from gapprof.guard import Guard
from gapprof.records.gpu_waits import GPU_WAITS
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trace, Trial
from tests.browser.conftest import job_in, on

BURNER = """
const bursts = [];
function planted() {
  const begin = performance.now();
  while (performance.now() < begin + 20);
  bursts.push([begin, performance.now()]);
}
setInterval(planted, 40);
"""
READING_BACK = """
const gl = document.createElement("canvas").getContext("webgl");
const pixels = new Uint8Array(4);
setInterval(function readBack() {
  gl.clear(gl.COLOR_BUFFER_BIT);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
}, 50);
"""
BY_SOFTWARE = ("--enable-unsafe-swiftshader",)
SOME_TIMERS_MS = 500.0
IN_TASKS = 0.9
"""Of runs, at least: they begin and end in the midst of a task."""
REQUESTS = """(async () => {
  const begin = performance.now();
  for (let request = 0; request < 40; request += 1) {
    const due = performance.now();
    await new Promise((done) => setTimeout(done, 15));
    performance.measure("gapprof:request", { start: due, end: performance.now() });
  }
  return JSON.stringify({ begin, end: performance.now(), bursts });
})()"""


@dataclass(frozen=True, slots=True)
class Traced:
    """A visit of a page whose timers burn and read pixels back, on a system that says nothing of threads."""

    trace: Trace
    trials: list[Trial]


@pytest.fixture(scope="module")
def without_proc(guard: Guard, model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """Nor of compilers: the page is as warm as it is. One visit for all that is claimed of it."""
    folder = tmp_path_factory.mktemp("without-proc")
    page = folder / "page.html"
    page.write_text(f"<!doctype html><title>page</title><script>{BURNER}{READING_BACK}</script>")
    trials: list[Trial] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "TRACED_MS", SOME_TIMERS_MS)
        patch.setattr(tier_up, "MOST_MS", 0.0)
        for module in (crew, scheduler, tier_up):
            patch.setattr(module, "thread_use", lambda *_: {})
        chromium = BACKEND.open(Settings(browser_args=BY_SOFTWARE), guard)
        trace = chromium.traced(on(job_in(folder, model_folder), page=str(page)), trials.append)
    assert isinstance(trace, Trace), trace
    return Traced(trace, trials)


def test_a_planted_timer_is_named_in_the_evidence(without_proc: Traced) -> None:
    trace, trials = without_proc.trace, without_proc.trials
    assert [trial.seen for trial in trials] == [trace.seen], "the visit that was timed goes on"
    planted = [piece for piece in trace.slices if piece.detail.startswith("planted ")]
    assert [(piece.thread, piece.name) for piece in planted] == [("CrRendererMain", "TimerFire")]
    assert planted[0].detail.startswith("planted (page/page.html:")
    assert 0 < planted[0].wall_ms < trace.stretch_ms
    assert len(trace.requests_ms) >= 10


def test_where_the_kernel_says_nothing_of_threads_the_trace_does_and_is_labelled(
    without_proc: Traced,
) -> None:
    """What the worker did in its runs is in its tasks: on its core, or off it."""
    trace = without_proc.trace
    assert trace.load.told_by == "trace"
    (model,) = (use for use in trace.load.threads if use.role == "inference")
    assert (model.process, model.thread) == ("renderer", "DedicatedWorker thread")
    assert 0 < model.cpu_ms <= trace.stretch_ms
    assert model.cpu_ms + model.run_queue_ms >= sum(trace.runs_ms) * IN_TASKS
    (main,) = (use for use in trace.load.threads if use.role == "main")
    assert main.cpu_ms > 0
    assert trace.balances == ()
    (trial,) = without_proc.trials
    assert trial.load.threads == (), "of timed runs, which no trace disturbs, nothing is told"


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


def test_a_read_back_is_a_wait_of_the_function_that_asks_for_it(without_proc: Traced) -> None:
    """As this browser calls it; on a software adapter, which shows the plumbing."""
    reads = [piece for piece in without_proc.trace.slices if piece.name == "GLES2::ReadPixels"]
    (wait,) = (piece for piece in reads if piece.detail.startswith("readBack (page/page.html:"))
    assert wait.thread == "CrRendererMain"
    assert wait.count > 3
    assert wait.cpu_ms is not None
    assert wait.cpu_ms < wait.wall_ms


def test_of_the_gpu_nothing_but_waits_takes_time_out_of_the_page_s_work(without_proc: Traced) -> None:
    about_it = {
        piece.name
        for piece in without_proc.trace.slices
        if re.match("GLES2|GpuChannel|CommandBuffer|ImplementationBase|Scheduler::", piece.name)
    }
    assert "GLES2::ReadPixels" in about_it
    assert about_it <= GPU_WAITS.keys()


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
