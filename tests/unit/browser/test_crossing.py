"""What takes WebGPU's calls to the GPU's process and answers back, on events made up for one claim each."""

from typing import Any

import pytest

from gapprof.browser.crossing import crossing_slices, stretch_of_runs
from gapprof.browser.slices import stretch_of
from gapprof.browser.tracing import Event
from gapprof.browser.trouble import VisitError, reading
from gapprof.records.crossing import EVENTS, MOST_SLICES
from gapprof.records.trial import TraceSlice

PAGE, OTHER, GPU = 10, 20, 30
MAIN, WORKER, RASTER = 1, 2, 3
FLUSH, SENT = "DawnClientSerializer::Flush", "CommandBufferHelper::Flush"
HEARD = "WebGPUImplementation::OnGpuControlReturnData"
TAKEN, HANDLED = "CommandBuffer::Flush", "WebGPUDecoderImpl::HandleDawnCommands"
POLLED, ANSWERED = "WebGPUDecoderImpl::PerformPollingWork", "DawnServiceSerializer::Flush"


def named(name: str, pid: int, tid: int) -> Event:
    return {"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}


NAMES = [
    named("CrRendererMain", PAGE, MAIN),
    named("DedicatedWorker thread", PAGE, WORKER),
    named("CompositorTileWorker1", PAGE, RASTER),
    named("CrRendererMain", OTHER, MAIN),
    named("CrGpuMain", GPU, MAIN),
]
MARKS: list[Event] = [
    {"name": "gapprof:request", "ph": ph, "ts": ts, "pid": PAGE, "tid": MAIN}
    for ph, ts in (("b", 1000), ("e", 11_000))
]


def span(name: str, ts: float, dur: float, *, pid: int = GPU, tid: int = MAIN, **more: Any) -> Event:
    """On a processor for half of the time."""
    return {
        "name": name,
        "ph": "X",
        "pid": pid,
        "tid": tid,
        "ts": ts,
        "dur": dur,
        "tdur": dur / 2,
        "args": {"bytes": 4096},
        **more,
    }


def found(*events: Event) -> dict[str, TraceSlice]:
    whole = [*NAMES, *MARKS, *events]
    return {one.name: one for one in crossing_slices(whole, stretch_of(whole))}


def cpu_ms(slices: dict[str, TraceSlice]) -> dict[str, float | None]:
    return {name: one.cpu_ms for name, one in slices.items()}


def test_each_event_is_told_with_its_thread_time_and_its_thread() -> None:
    slices = found(
        span(FLUSH, 2000, 100, pid=PAGE),
        span(SENT, 2200, 60, pid=PAGE),
        span(HEARD, 5000, 40, pid=PAGE),
        span(TAKEN, 3000, 1000),
        span(HANDLED, 3100, 800),
        span(POLLED, 4500, 20),
        span(ANSWERED, 4600, 10),
    )
    assert slices.keys() == EVENTS.keys()
    assert cpu_ms(slices) == pytest.approx(
        {FLUSH: 0.05, SENT: 0.03, HEARD: 0.02, TAKEN: 0.1, HANDLED: 0.4, POLLED: 0.01, ANSWERED: 0.005}
    )
    assert slices[FLUSH].thread == "CrRendererMain"
    assert slices[HANDLED].thread == "CrGpuMain"
    assert {one.count for one in slices.values()} == {1}


def test_what_nests_is_counted_once_and_by_itself() -> None:
    slices = found(
        span(TAKEN, 3000, 2000),
        span(HANDLED, 3200, 1600),
        span(POLLED, 4000, 600),
        span(ANSWERED, 4200, 200),
    )
    assert cpu_ms(slices) == pytest.approx({TAKEN: 0.2, HANDLED: 0.5, POLLED: 0.2, ANSWERED: 0.1})
    assert sum(one.wall_ms for one in slices.values()) == pytest.approx(2.0)


def test_an_event_within_one_of_its_own_name_is_the_same_one() -> None:
    slices = found(span(ANSWERED, 4000, 600), span(ANSWERED, 4100, 200))
    assert slices[ANSWERED].count == 1
    assert slices[ANSWERED].cpu_ms == pytest.approx(0.3)


def test_events_that_are_none_of_these_stay_with_what_they_are_part_of() -> None:
    slices = found(span(HANDLED, 3000, 1000), span("Queue::Submit", 3200, 400))
    assert cpu_ms(slices) == pytest.approx({HANDLED: 0.5})


def test_another_page_and_what_is_drawn_are_not_the_models() -> None:
    slices = found(
        span(FLUSH, 2000, 100, pid=OTHER),
        span(SENT, 2000, 100, pid=PAGE, tid=RASTER),
        span(TAKEN, 3000, 500),
        span(TAKEN, 4000, 200),
        span(HANDLED, 4050, 100),
    )
    assert slices.keys() == {TAKEN, HANDLED}
    assert slices[TAKEN].count == 1
    assert slices[TAKEN].wall_ms == pytest.approx(0.1)


def test_a_flush_has_one_name_on_both_sides_and_counts_where_it_is_handled() -> None:
    slices = found(
        span(SENT, 2000, 400, pid=PAGE),
        span(TAKEN, 2100, 200, pid=PAGE),
        span(TAKEN, 3000, 500),
        span(HANDLED, 3100, 300),
    )
    assert slices[SENT].wall_ms == pytest.approx(0.4)
    assert slices[TAKEN].wall_ms == pytest.approx(0.2)
    assert slices[TAKEN].thread == "CrGpuMain"


def test_a_worker_flushes_as_well_and_a_gpu_thread_may_be_the_browsers() -> None:
    slices = found(
        span(FLUSH, 2000, 100, pid=PAGE, tid=WORKER),
        named("Chrome_InProcGpuThread", 40, 7),
        span(HANDLED, 3000, 100, pid=40, tid=7),
    )
    assert {one.thread for one in slices.values()} == {"DedicatedWorker thread", "Chrome_InProcGpuThread"}


def test_only_what_lies_within_the_stretch_counts() -> None:
    slices = found(
        span(HANDLED, 0, 2000),  # half of it
        span(HANDLED, 10_500, 2000),  # a quarter
        span(HANDLED, 20_000, 5000),
        span(FLUSH, 100, 300, pid=PAGE),
    )
    assert slices.keys() == {HANDLED}
    assert slices[HANDLED].count == 2
    assert slices[HANDLED].wall_ms == pytest.approx(1.5)
    assert slices[HANDLED].cpu_ms == pytest.approx(0.75)


def test_without_thread_time_there_is_no_cpu_time_and_not_none_of_it() -> None:
    bare = span(HANDLED, 4000, 500)
    del bare["tdur"]
    slices = found(span(HANDLED, 3000, 500), bare, span(POLLED, 5000, 100))
    assert slices[HANDLED].cpu_ms is None
    assert slices[HANDLED].wall_ms == pytest.approx(1.0)
    assert slices[POLLED].cpu_ms == pytest.approx(0.05)


def test_events_that_are_not_there_have_no_row() -> None:
    assert found() == {}
    assert found(span("WebGPUDecoderImpl::HandleCommands", 3000, 500)) == {}


def test_hundreds_of_long_names_make_no_long_table() -> None:
    spans = [span(HANDLED, 3000, 100 + tid, tid=tid) for tid in range(100, 300)]
    distinct = [named(f"{tid} {'x' * 9999}", GPU, tid) for tid in range(100, 300)]
    whole = [*NAMES, *MARKS, *distinct, *spans]
    slices = crossing_slices(whole, stretch_of(whole))
    assert len(slices) == MOST_SLICES
    assert max(len(one.thread) for one in slices) <= 60
    assert slices[0].wall_ms == max(one.wall_ms for one in slices)


@pytest.mark.parametrize(
    "event",
    [
        {"name": HANDLED, "ph": "X", "dur": 1, "pid": GPU, "tid": MAIN},
        {"name": HANDLED, "ph": "X", "ts": "soon", "dur": 1, "pid": GPU, "tid": MAIN},
        {"name": HANDLED, "ph": "X", "ts": 3000, "dur": None, "pid": GPU, "tid": MAIN},
        {"name": HANDLED, "ph": "X", "ts": 3000, "dur": 1, "tdur": "long", "pid": GPU, "tid": MAIN},
        {"name": [HANDLED], "ph": "X", "ts": 3000, "dur": 1, "pid": GPU, "tid": MAIN},
        {"ph": "X", "ts": 3000, "dur": 1, "pid": GPU, "tid": MAIN},
    ],
    ids=repr,
)
def test_events_that_cannot_be_read_end_the_visit_in_one_sentence(event: Event) -> None:
    with pytest.raises(VisitError, match="trace cannot be read"), reading("trace"):
        found(event)


def marks(runs: int) -> list[Event]:
    return [
        {"name": "gapprof:request", "ph": ph, "ts": 1000.0 * (run + at), "pid": PAGE, "tid": MAIN}
        for run in range(runs)
        for ph, at in (("b", 0.25), ("e", 0.75))
    ]


def test_a_stretch_is_that_of_all_runs() -> None:
    found = stretch_of_runs([*NAMES, *marks(5)], 5)
    assert (found.pid, found.begin_us, found.end_us) == (PAGE, 250.0, 4750.0)


@pytest.mark.parametrize("seen", [0, 4, 6])
def test_a_trace_without_the_marks_of_all_runs_gives_no_figures(seen: int) -> None:
    with pytest.raises(VisitError, match=f"the marks of {seen} of the page's 5 runs"):
        stretch_of_runs([*NAMES, span(HANDLED, 1000, 500), *marks(seen)], 5)


def test_a_mark_without_its_end_is_no_run() -> None:
    with pytest.raises(VisitError, match="the marks of 4 of the page's 5 runs"):
        stretch_of_runs(marks(5)[:-1], 5)
