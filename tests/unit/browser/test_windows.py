"""What the main thread did in marked stretches, on events made up for one claim each."""

from typing import Any

import pytest

from gapprof.browser.crew import Role
from gapprof.browser.slices import stretch_of
from gapprof.browser.tracing import Event
from gapprof.browser.windows import beside_runs, uses, while_running, while_waiting
from gapprof.records.trial import TraceSlice

PAGE, OTHER, MAIN, POOL = 10, 20, 1, 2


def named(kind: str, name: str, pid: int, tid: int = 0) -> Event:
    return {"name": kind, "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}


def mark(name: str, begin: float, end: float) -> list[Event]:
    at = {"name": name, "pid": PAGE, "tid": MAIN}
    return [{**at, "ph": "b", "ts": begin}, {**at, "ph": "e", "ts": end}]


def span(name: str, ts: float, dur: float, *, pid: int = PAGE, tid: int = MAIN, **more: Any) -> Event:
    return {"name": name, "ph": "X", "pid": pid, "tid": tid, "ts": ts, "dur": dur, "tdur": dur, **more}


NAMES = [
    named("process_name", "Renderer", PAGE),
    named("process_name", "Renderer", OTHER),
    named("process_name", "GPU Process", 30),
    named("thread_name", "CrRendererMain", PAGE, MAIN),
    named("thread_name", "ThreadPoolForegroundWorker", PAGE, POOL),
    named("thread_name", "CrRendererMain", OTHER, MAIN),
    named("thread_name", "VizCompositorThread", 30, MAIN),
]
# Due at 1 ms, asked for at 5 ms, runs until 9 ms, heard of at 10 ms.
REQUEST = [
    *mark("gapprof:request", 1000, 10_000),
    *mark("gapprof:waiting", 1000, 5000),
    *mark("gapprof:run", 5000, 9000),
    *mark("gapprof:waiting", 9000, 10_000),
]


def found(events: list[Event]) -> tuple[TraceSlice, ...]:
    return while_waiting(events, stretch_of(events), "page", {}, base="")


def ms(slices: tuple[TraceSlice, ...]) -> dict[str, float]:
    return {piece.name: piece.wall_ms for piece in slices}


def test_only_the_part_of_a_task_counts_that_a_request_waits_for() -> None:
    events = [*NAMES, *REQUEST, span("TimerFire", 0, 3000), span("Layout", 8500, 1000)]
    assert ms(found(events)) == pytest.approx({"TimerFire": 2.0, "Layout": 0.5, "idle": 2.5})


def test_what_nests_counts_by_itself() -> None:
    events = [*NAMES, *REQUEST, span("TimerFire", 1000, 4000), span("V8.GC_SCAVENGER", 2000, 1500)]
    assert ms(found(events)) == pytest.approx({"TimerFire": 2.5, "V8.GC_SCAVENGER": 1.5, "idle": 1.0})


def test_other_threads_and_other_processes_are_not_waited_for() -> None:
    busy = [span("TimerFire", 1000, 9000, pid=OTHER), span("V8.GC_X", 1000, 9000, tid=POOL)]
    assert ms(found([*NAMES, *REQUEST, *busy])) == pytest.approx({"idle": 5.0})


def test_inside_of_runs_is_what_the_models_thread_does_there() -> None:
    events = [*NAMES, *REQUEST, span("RunMicrotasks", 5000, 4000), span("MinorGC", 6000, 1000)]
    inside = while_running(events, stretch_of(events), "main", {}, base="")
    assert ms(inside) == pytest.approx({"gapprof:run": 3.0, "MinorGC": 1.0, "idle": 0.0})


def test_without_a_kernel_that_tells_a_trace_says_who_ran_and_who_was_off_the_cpu() -> None:
    events = [
        *NAMES,
        *REQUEST,
        {**span("RunTask", 2000, 3000), "tdur": 1000},
        span("TimerFire", 2500, 500),  # nested: counted already
        span("RunTask", 2000, 4000, pid=OTHER),
        span("Draw", 3000, 500, pid=30),
    ]
    seen = {(use.process, use.role): use for use in uses(events, stretch_of(events), "worker")}
    page = seen["renderer", "main"]
    assert (page.cpu_ms, page.run_queue_ms) == pytest.approx((1.0, 2.0))
    assert seen["other renderer", ""].cpu_ms == pytest.approx(4.0)
    assert seen["gpu", ""].cpu_ms == pytest.approx(0.5)


def test_the_thread_with_the_model_is_the_main_one_or_the_first_worker() -> None:
    worker = named("thread_name", "DedicatedWorker thread", PAGE, 7)
    helper = named("thread_name", "DedicatedWorker thread", PAGE, 8)
    spans = [span("RunTask", 2000, 100, tid=tid) for tid in (MAIN, 7, 8)]
    events = [*NAMES, worker, helper, *REQUEST, *spans]
    roles = [use.role for use in uses(events, stretch_of(events), "worker")]
    assert roles == ["main", "inference", "pool"]
    roles = [use.role for use in uses(events, stretch_of(events), "main")]
    assert roles == ["inference", "pool", "pool"]


OWN, MODEL, HELPER = 5, 6, 7
"""The page's own worker is older than the model's and its helper's."""
WORKERS = [named("thread_name", "DedicatedWorker thread", PAGE, tid) for tid in (OWN, MODEL, HELPER)]
ROLES: dict[int, Role] = {MAIN: "main", MODEL: "inference", HELPER: "pool"}


def test_garbage_of_the_pages_own_worker_is_not_the_models() -> None:
    """Told by thread ids: all three threads have one name."""
    events = [
        *NAMES,
        *WORKERS,
        *REQUEST,
        span("MajorGC", 5000, 3000, tid=OWN),
        span("MinorGC", 6000, 1000, tid=MODEL),
        span("V8.GC_X", 5500, 500, tid=HELPER),
    ]
    stretch = stretch_of(events)
    inside = while_running(events, stretch, "worker", ROLES, base="")
    assert ms(inside) == pytest.approx({"MinorGC": 1.0, "idle": 3.0})
    assert ms(beside_runs(events, stretch, "worker", ROLES, base="")) == pytest.approx({"MajorGC": 3.0})
    alone = while_running(events, stretch, "worker", {MAIN: "main", OWN: "inference"}, base="")
    assert ms(alone) == pytest.approx({"MajorGC": 3.0, "idle": 1.0}), "it is the id that decides"


def test_a_worker_that_asks_for_its_runs_waits_for_its_own_thread_and_for_no_other() -> None:
    events = [
        *NAMES,
        *WORKERS,
        *REQUEST,
        span("TimerFire", 0, 5000),
        span("MajorGC", 1000, 3000, tid=OWN),
        span("MinorGC", 2000, 1000, tid=MODEL),
    ]
    held = while_waiting(events, stretch_of(events), "worker", ROLES, base="")
    assert ms(held) == pytest.approx({"MinorGC": 1.0, "idle": 4.0})
    assert {piece.thread for piece in held} == {"DedicatedWorker thread"}


def test_where_no_id_is_the_kernels_the_oldest_worker_is_the_models() -> None:
    events = [*NAMES, *WORKERS, *REQUEST, span("MinorGC", 6000, 1000, tid=OWN)]
    stretch = stretch_of(events)
    assert ms(while_running(events, stretch, "worker", {}, base="")) == pytest.approx(
        {"MinorGC": 1.0, "idle": 3.0}
    )
    assert beside_runs(events, stretch, "worker", {}, base="") == ()


def test_with_the_model_on_the_main_thread_every_other_worker_is_the_pages_own() -> None:
    events = [*NAMES, *WORKERS, *REQUEST, span("MajorGC", 5000, 3000, tid=OWN)]
    helped: dict[int, Role] = {MAIN: "inference", MODEL: "pool", HELPER: "pool"}
    alone: dict[int, Role] = {MAIN: "inference"}
    for roles in (helped, alone):
        beside = beside_runs(events, stretch_of(events), "main", roles, base="")
        assert ms(beside) == pytest.approx({"MajorGC": 3.0})
