"""Waits for the GPU's process in a trace: events as Chromium 156 nests them around `gl.readPixels`."""

from typing import Any

import pytest

from gapprof.browser.gpu_waits import WITH_WAITS, no_other_of_the_gpu
from gapprof.browser.slices import RUN, Stretch, summarise
from gapprof.browser.tracing import CATEGORIES, Event
from gapprof.records.trial import TraceSlice

BASE = "http://127.0.0.1:40000/token/"
WHOLE = Stretch(pid=None, begin_us=0, end_us=1e9)
DRAW = "drawMask (page/a.js:7)"
CALLED = {"data": {"url": f"{BASE}page/a.js", "functionName": "drawMask", "lineNumber": 7}}


def event(name: str, ts: float, dur: float, cat: str = "toplevel", **more: Any) -> Event:
    return {"name": name, "cat": cat, "ph": "X", "pid": 1, "tid": 1, "ts": ts, "dur": dur, **more}


def read_back(ts: float, dur: float) -> list[Event]:
    """One call: only its innermost event has a wait to show, and not all of them have thread times."""
    return [
        event("GLES2::ReadPixels", ts, dur, "gpu", tdur=90),
        event("ImplementationBase::WaitForCmd", ts + 10, dur - 20, "gpu", tdur=70),
        event("CommandBufferHelper::Finish", ts + 10, dur - 20, "gpu", tdur=60),
        event("CommandBufferHelper::Flush", ts + 20, 1_000, "gpu", tdur=20),
        event("GpuChannel::Flush", ts + 30, 10, "gpu,toplevel.flow"),
        event("CommandBufferProxyImpl::WaitForGetOffset", ts + 1_020, dur - 1_030, "gpu", tdur=30),
    ]


def timer(ts: float, dur: float, *, args: dict[str, Any] = CALLED) -> list[Event]:
    return [
        event("ThreadControllerImpl::RunTask", ts, dur, tdur=500),
        event("TimerFire", ts, dur, "devtools.timeline", tdur=500),
        event("FunctionCall", ts, dur, "devtools.timeline", tdur=500, args=args),
    ]


def told(*events: Event) -> dict[tuple[str, str], TraceSlice]:
    kept = [one for one in events if no_other_of_the_gpu(one)]
    return {(one.name, one.detail): one for one in summarise(kept, WHOLE, base=BASE)}


@pytest.mark.parametrize(
    ("name", "category", "kept"),
    [
        ("GLES2::ReadPixels", "gpu", True),
        ("CommandBufferHelper::Flush", "gpu", False),
        ("CommandBuffer::OrderingBarrier", "gpu,toplevel.flow", False),
        ("ThreadControllerImpl::RunTask", "toplevel", True),
        ("Receive mojo message", "toplevel,mojom", True),
        ("of both", "toplevel,gpu", True),
    ],
)
def test_nothing_else_about_the_gpu_is_kept_and_nothing_that_was_there_before_is_lost(
    name: str, category: str, kept: bool
) -> None:
    assert no_other_of_the_gpu(event(name, 0, 1, category)) == kept
    assert set(CATEGORIES) < set(WITH_WAITS)


def test_the_names_of_threads_have_no_category_to_go_by() -> None:
    named: Event = {"name": "thread_name", "ph": "M", "pid": 1, "tid": 1, "args": {"name": "CrRendererMain"}}
    assert no_other_of_the_gpu(named)


def test_a_read_back_is_one_wait_of_the_function_that_asked_for_it() -> None:
    found = told(*timer(0, 13_000), *read_back(500, 12_000), *timer(40_000, 9_000), *read_back(40_100, 8_000))
    wait, script = found["GLES2::ReadPixels", DRAW], found["TimerFire", DRAW]
    assert (wait.count, wait.wall_ms) == (2, pytest.approx(20))
    assert wait.cpu_ms == pytest.approx(2 * 0.09), "it is a wait: the thread is on no core"
    assert script.wall_ms == pytest.approx(2)
    assert {name for name, _ in found} == {"GLES2::ReadPixels", "TimerFire"}


def test_without_its_waits_a_trace_has_that_time_as_work_of_the_same_function() -> None:
    """So reports of older recordings name it as well."""
    found = told(*timer(0, 13_000))
    assert found["TimerFire", DRAW].wall_ms == pytest.approx(13)


def test_a_wait_that_no_script_asked_for_is_in_nobodys_name() -> None:
    wait = event("CommandBufferProxyImpl::WaitForToken", 1_000, 3_000, "gpu")
    found = told(event("Paint", 0, 10_000, "devtools.timeline"), wait)
    assert found["CommandBufferProxyImpl::WaitForToken", ""].wall_ms == 3
    assert found["Paint", ""].wall_ms == 7


def test_a_wait_in_script_that_is_in_nobodys_name_is_not_held_against_the_page() -> None:
    """What follows an `await` of the model's, of which each takes less than half of the run."""
    run = {"name": RUN, "cat": "blink.user_timing", "pid": 1, "tid": 1}
    marks = [{**run, "ph": "b", "ts": 0}, {**run, "ph": "e", "ts": 13_000}]
    after = event("RunMicrotasks", 1_000, 4_000, "v8,devtools.timeline")
    found = told(*marks, after, event("CommandBufferHelper::Finish", 1_500, 3_000, "gpu"))
    assert {name for name, _ in found} == {"RunMicrotasks"}
    assert found["RunMicrotasks", ""].wall_ms == pytest.approx(4)


def test_a_wait_of_the_model_is_part_of_its_run() -> None:
    run = {"name": RUN, "cat": "blink.user_timing", "pid": 1, "tid": 1}
    marks = [{**run, "ph": "b", "ts": 0}, {**run, "ph": "e", "ts": 13_000}]
    found = told(*marks, *timer(0, 13_000, args={}), *read_back(500, 12_000))
    assert {name for name, _ in found} == {RUN}
    assert found[RUN, ""].wall_ms == pytest.approx(13)
