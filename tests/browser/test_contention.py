"""What the scheduler tells of the model's thread, and of a tab that takes its core; in real Chromium."""

from collections.abc import Callable
from statistics import fmean

import pytest
from msgspec.structs import replace

from gapprof.backends.chromium import Chromium
from gapprof.facts.balance import CLOSES, closures, inference_of, well_watched
from gapprof.facts.page_parts import holding_ms
from gapprof.records.job import Job
from gapprof.records.trial import Trace, Trial
from tests.browser.conftest import on

BUSY = """
const forever = "for (;;) { const end = performance.now() + 1000; while (performance.now() < end); }";
new Worker(URL.createObjectURL(new Blob([forever])));
"""
BURNING = """
setInterval(() => { const end = performance.now() + 20; while (performance.now() < end); }, 40);
"""


def timed(chromium: Chromium, job: Job) -> Trial:
    trial = chromium.timed(job)
    assert isinstance(trial, Trial), trial
    return trial


def late_ms(seen: Trial | Trace) -> float:
    return fmean(seen.requests_ms) - fmean(seen.runs_ms)


def waited_ms(seen: Trial | Trace) -> float:
    """For a core, per request: on a machine that is full of others' work a worker wakes up late as well."""
    model = inference_of(seen.load)
    assert model is not None
    return model.run_queue_ms / len(seen.requests_ms)


@pytest.mark.parametrize(("where", "threads"), [("main", 1), ("worker", 1), ("worker", 2)])
def test_the_thread_that_runs_the_model_is_known_and_its_time_closes(
    chromium: Chromium, job: Job, where: str, threads: int
) -> None:
    long_enough = replace(job, pace=replace(job.pace, requests=50))
    trial = timed(chromium, on(long_enough, where=where, threads=threads, pacing="paced"))
    model = inference_of(trial.load)
    assert model is not None
    assert model.process == "renderer"
    assert len([use for use in trial.load.threads if use.role == "pool"]) == threads - 1
    assert (model.thread == "DedicatedWorker") == (where == "worker")
    found = closures(trial)
    assert {one.terms for one in found} == {"wall", "cpu", "at-work"}
    assert all(one.closes for one in found), found
    assert len(trial.runs_ms) == len(trial.requests_ms)
    assert all(0 < run <= request for run, request in zip(trial.runs_ms, trial.requests_ms, strict=True))


@pytest.mark.parametrize(("where", "threads"), [("main", 1), ("worker", 2)])
def test_in_a_traced_visit_blocked_time_is_measured_and_closes_beside_a_page_at_work(
    chromium: Chromium, job: Job, page_of: Callable[[str], str], where: str, threads: int
) -> None:
    for _ in range(3):  # on a machine that is full of others' work, nobody can look often enough
        trace = chromium.traced(on(job, where=where, threads=threads, page=page_of(BURNING)))
        assert isinstance(trace, Trace), trace
        if all(well_watched(one) for one in trace.balances):
            break
    else:
        pytest.fail("the machine is too full to look at threads")
    assert [one.role for one in trace.balances].count("inference") == 1
    assert len(trace.balances) == threads
    for one in trace.balances:
        assert one.blocked_ms > 0
        told_ms = one.cpu_ms + one.run_queue_ms + one.blocked_ms
        stolen_ms = trace.load.stolen_ms or 0.0
        assert -CLOSES * one.wall_ms - stolen_ms <= told_ms - one.wall_ms <= CLOSES * one.wall_ms, one


def test_a_worker_that_asks_by_itself_waits_for_no_page_and_its_time_closes(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    long_enough = replace(job, pace=replace(job.pace, requests=50))
    burning = on(long_enough, where="worker", pacing="paced", page=page_of(BURNING))
    asked = timed(chromium, burning)
    asking = timed(chromium, on(burning, requests_from="worker"))
    assert late_ms(asked) > 5
    assert late_ms(asking) - waited_ms(asking) < late_ms(asked) / 4
    assert (len(asking.requests_ms), asking.ways, asking.seen.where) == (50, 3, "worker")
    found = {one.terms: one for one in closures(asking)}
    assert found["wall"].closes
    assert found["cpu"].closes
    trace = chromium.traced(on(burning, requests_from="worker"))
    assert isinstance(trace, Trace), trace
    assert {piece.thread for piece in trace.held} == {"DedicatedWorker thread"}
    assert late_ms(trace) - waited_ms(trace) < late_ms(asked) / 4


def test_a_busy_tab_is_named_and_not_taken_for_the_page(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    alone = timed(chromium, on(job, pacing="paced"))
    assert holding_ms(alone.load, cores=2).get("tabs", 0.0) < 0.1 * alone.load.wall_ms
    beside = timed(chromium, on(job, pacing="paced", tabs=(page_of(BUSY),)))
    assert holding_ms(beside.load, cores=2)["tabs"] > 0.3 * beside.load.wall_ms
    assert inference_of(beside.load) is not None
