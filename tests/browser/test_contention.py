"""What the scheduler tells of the model's thread, and of a tab that takes its core; in real Chromium.

That times close within 2 % is a claim about figures of one stretch that were measured in two ways: on-CPU
time, run queue and blocked time come to wall time, however much of it there is on this machine.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

from gapprof.backends.chromium import Chromium
from gapprof.browser import tier_up
from gapprof.browser.tier_up import MOST_MS
from gapprof.facts.closing import CLOSES, GARBAGE_BYTES, Closure, closures, well_watched
from gapprof.facts.disturbance import disturbed
from gapprof.facts.holding import holding_ms
from gapprof.facts.model_threads import inference_of
from gapprof.records.job import Job
from gapprof.records.trial import Trace, Trial
from tests.browser.conftest import SIZE, on

BUSY = """
const forever = "for (;;) { const end = performance.now() + 1000; while (performance.now() < end); }";
new Worker(URL.createObjectURL(new Blob([forever])));
"""
BURNING = """
setInterval(() => { const end = performance.now() + 20; while (performance.now() < end); }, 40);
"""
SELDOM_FREE = """
const burn = () => {
  const end = performance.now() + 40;
  while (performance.now() < end);
  setTimeout(burn, 10);
};
burn();
"""
"""A request waits for some 20 ms, which no other load does to a worker that asks by itself."""
FEW = 3
"""Visits: a wrong figure is wrong in each of them, and whatever else a machine does is not."""
OUTPUT_BYTES = 4 * SIZE * SIZE
LITTER_BYTES = 2 << 20
SOME_SECONDS = 120
"""Requests: ticks of 10 ms, in which others' time is counted, are far below 2 % of all their time."""
WARMED_MS = 600.0
"""Nothing here is claimed of how fast code is; where garbage is collected all the time, the threads that
would compile it never rest."""
Visit = TypeVar("Visit")


@pytest.fixture(autouse=True)
def soon_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tier_up, "MOST_MS", WARMED_MS)


def timed(chromium: Chromium, job: Job) -> Trial:
    trial = chromium.timed(job)
    assert isinstance(trial, Trial), trial
    return trial


def agreeing(trial: Trial) -> tuple[Closure, ...]:
    return closures(trial, outputs_bytes=OUTPUT_BYTES)


def first(visit: Callable[[], Visit], holds: Callable[[Visit], bool]) -> Visit:
    """Of a few visits the first one of which that holds; the last one where it holds of none."""
    for _ in range(FEW - 1):
        if holds(found := visit()):
            return found
    return visit()


def asking(job: Job, requests: int) -> Job:
    return replace(job, pace=replace(job.pace, requests=requests))


def late_ms(seen: Trial | Trace) -> float:
    """As a rule: a core that is away once makes one request very late."""
    return median(seen.requests_ms) - median(seen.runs_ms)


def waited_ms(seen: Trial | Trace) -> float:
    """For a core, per request: on a machine that is full of others' work a worker wakes up late as well."""
    model = inference_of(seen.load)
    assert model is not None
    return model.run_queue_ms / len(seen.requests_ms)


@pytest.mark.parametrize(
    ("where", "threads"),
    [("main", 1), *(pytest.param("worker", threads, marks=pytest.mark.long) for threads in (1, 2))],
)
def test_the_thread_that_runs_the_model_is_known_and_its_time_closes(
    chromium: Chromium, job: Job, where: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of code that has the speed that it will keep, as in a run."""
    monkeypatch.setattr(tier_up, "MOST_MS", MOST_MS)
    visited = on(asking(job, SOME_SECONDS), where=where, threads=threads, pacing="paced")
    trial = first(lambda: timed(chromium, visited), lambda found: all(one.closes for one in agreeing(found)))
    assert trial.seen.tier_up != "unsettled"
    model = inference_of(trial.load)
    assert model is not None
    assert model.process == "renderer"
    assert len([use for use in trial.load.threads if use.role == "pool"]) == threads - 1
    assert (model.thread == "DedicatedWorker") == (where == "worker")
    found = agreeing(trial)
    browsers = {"wall", "cpu"} if where == "main" else set()
    assert {one.terms for one in found} == browsers | {"at-work", "elapsed"}
    assert all(one.closes for one in found), found
    assert len(trial.runs_ms) == len(trial.requests_ms)
    assert all(0 < run <= request for run, request in zip(trial.runs_ms, trial.requests_ms, strict=True))


@pytest.mark.parametrize(
    ("where", "threads"), [pytest.param("main", 1, marks=pytest.mark.long), ("worker", 2)]
)
def test_in_a_traced_visit_blocked_time_is_measured_and_closes_beside_a_page_at_work(
    chromium: Chromium, job: Job, page_of: Callable[[str], str], where: str, threads: int
) -> None:
    visited = on(job, where=where, threads=threads, page=page_of(BURNING))
    trace = first(lambda: traced(chromium, visited), well_seen)
    assert [one.role for one in trace.balances].count("inference") == 1
    assert len(trace.balances) == threads
    assert min(one.blocked_ms for one in trace.balances) > 0
    if not well_seen(trace):
        pytest.skip("the machine is too full to look at threads")
    assert adds_up(trace), trace.balances


@pytest.mark.parametrize("where", ["main", pytest.param("worker", marks=pytest.mark.long)])
def test_beside_garbage_of_the_models_own_blocked_time_is_measured_and_closes(
    chromium: Chromium, job: Job, tmp_path: Path, where: str
) -> None:
    """Timed visits cannot tell it from a lack of the kernel's figures, and do not try."""
    trace = first(lambda: traced(chromium, on(littering(job, tmp_path), where=where)), well_seen)
    assert len(trace.runs_ms) * LITTER_BYTES >= GARBAGE_BYTES
    if not well_seen(trace):
        pytest.skip("the machine is too full to look at threads")
    assert adds_up(trace), trace.balances


def littering(job: Job, folder: Path) -> Job:
    """With a model whose every run gives that many bytes, and hardly computes."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Expand", ["x", "shape"], ["y"], name="expand")],
        "littering",
        [value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [LITTER_BYTES // 4])],
        [numpy_helper.from_array(np.array([LITTER_BYTES // 4]), "shape")],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "littering.onnx")
    np.savez(folder / "one.npz", x=np.ones(1, np.float32))
    return replace(job, model_path=str(folder / "littering.onnx"), inputs_path=str(folder / "one.npz"))


def traced(chromium: Chromium, job: Job) -> Trace:
    trace = chromium.traced(job)
    assert isinstance(trace, Trace), trace
    return trace


def well_seen(trace: Trace) -> bool:
    """On a machine that is full of others' work, nobody can look often enough; the report says so then."""
    return all(map(well_watched, trace.balances))


def adds_up(trace: Trace) -> bool:
    stolen_ms = trace.load.stolen_ms or 0.0
    return all(
        -CLOSES * one.wall_ms - stolen_ms
        <= one.cpu_ms + one.run_queue_ms + one.blocked_ms - one.wall_ms
        <= CLOSES * one.wall_ms
        for one in trace.balances
    )


@pytest.mark.long
def test_a_worker_that_asks_by_itself_waits_for_no_page_and_its_time_closes(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    burning = on(asking(job, 30), where="worker", pacing="paced", page=page_of(SELDOM_FREE))
    asked = timed(chromium, burning)
    by_itself = on(asking(burning, SOME_SECONDS), requests_from="worker")
    seen = timed(chromium, by_itself)
    assert late_ms(seen) - waited_ms(seen) < late_ms(asked) / 4
    assert (len(seen.requests_ms), seen.ways, seen.seen.where) == (SOME_SECONDS, 3, "worker")
    trace = first(lambda: traced(chromium, by_itself), well_seen)
    assert adds_up(trace) or not well_seen(trace), trace.balances
    assert {piece.thread for piece in trace.held} <= {"DedicatedWorker thread"}
    assert late_ms(trace) - waited_ms(trace) < late_ms(asked) / 4


@pytest.mark.long
def test_a_busy_tab_is_named_and_not_taken_for_the_page(
    chromium: Chromium, job: Job, page_of: Callable[[str], str]
) -> None:
    """A worker that never rests uses more of the cores than anything that a browser does for a quiet page."""
    visited = on(asking(job, SOME_SECONDS), pacing="paced")
    alone, beside = timed(chromium, visited), timed(chromium, on(visited, tabs=(page_of(BUSY),)))
    assert by_the_browser(alone).get("tabs", 0.0) < by_the_browser(beside)["tabs"] / 2
    holders = by_the_browser(beside)
    assert max(holders, key=holders.__getitem__) == "tabs"
    assert inference_of(beside.load) is not None


def test_a_program_outside_the_browser_is_flagged_and_taken_for_nothing_in_it(
    chromium: Chromium, job: Job
) -> None:
    """One that never rests: others' work beside it makes it no less."""
    visited = on(asking(job, SOME_SECONDS), pacing="paced")
    burning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        beside = timed(chromium, visited)
    finally:
        burning.kill()
        burning.communicate(timeout=60)
    assert (disturbed(beside.load) or "").startswith("outside load: other programs used ")
    held = holding_ms(beside.load, cores=2)
    assert max(held, key=held.__getitem__) == "outside"
    assert "tabs" not in held


def by_the_browser(trial: Trial) -> dict[str, float]:
    """Who of it was on the cores beside the model, and for which part of the time."""
    found = holding_ms(trial.load, cores=2)
    return {holder: ms / trial.load.wall_ms for holder, ms in found.items() if holder != "outside"}
