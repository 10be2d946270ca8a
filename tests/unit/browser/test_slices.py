"""On a trace of a real page (record_planted_timer.py made it) and on events made up for one claim each."""

import json
from pathlib import Path
from typing import Any

import pytest

from gapprof.browser.slices import RUN, Stretch, stretch_of, summarise
from gapprof.browser.tracing import Event
from gapprof.records.trial import TraceSlice

BASE = "http://127.0.0.1:40000/token/"
WHOLE = Stretch(pid=None, begin_us=0, end_us=1e9)


@pytest.fixture(scope="module")
def recorded() -> list[Event]:
    events: list[Event] = json.loads((Path(__file__).parent / "planted_timer.json").read_text())
    return events


def span(name: str, ts: float, dur: float, **more: Any) -> Event:
    return {"name": name, "ph": "X", "pid": 1, "tid": 1, "ts": ts, "dur": dur, **more}


def script(name: str, ts: float, dur: float, function: str, url: str = f"{BASE}page/a.js") -> Event:
    return span(name, ts, dur, args={"data": {"url": url, "functionName": function, "lineNumber": 7}})


def ms(slices: tuple[TraceSlice, ...], name: str, detail: str = "") -> float:
    return sum(piece.wall_ms for piece in slices if (piece.name, piece.detail) == (name, detail))


def test_a_planted_timer_is_named_with_half_of_the_time(recorded: list[Event]) -> None:
    stretch = stretch_of(recorded)
    first = next(
        piece for piece in summarise(recorded, stretch, base=BASE) if piece.detail.startswith("planted")
    )
    assert (first.thread, first.name, first.detail) == (
        "CrRendererMain",
        "TimerFire",
        "planted (page/app.js:2)",
    )
    assert first.wall_ms / stretch.ms == pytest.approx(0.5, rel=0.1)
    assert first.cpu_ms is not None
    assert first.cpu_ms <= first.wall_ms


def test_the_models_own_time_is_not_laid_at_the_pages_door(recorded: list[Event]) -> None:
    stretch = stretch_of(recorded)
    slices = summarise(recorded, stretch, base=BASE)
    model = next(piece for piece in slices if piece.name == RUN)
    assert model.count == 8
    assert model.wall_ms == pytest.approx(8 * 5, rel=0.15)


def test_a_thread_never_works_longer_than_the_stretch(recorded: list[Event]) -> None:
    stretch = stretch_of(recorded)
    slices = summarise(recorded, stretch, base=BASE)
    main = sum(piece.wall_ms for piece in slices if piece.thread == "CrRendererMain")
    assert 0 < main <= stretch.ms


def test_a_nested_event_is_not_counted_twice() -> None:
    slices = summarise([span("Layout", 0, 10_000), span("Paint", 2_000, 3_000)], WHOLE)
    assert ms(slices, "Layout") == 7
    assert ms(slices, "Paint") == 3


def test_script_goes_under_what_made_it_run_and_who_was_called() -> None:
    events = [
        span("RunTask", 0, 10_000),
        span("FireAnimationFrame", 1_000, 8_000),
        span("v8.callFunction", 1_500, 7_000),
        script("FunctionCall", 2_000, 6_000, "draw"),
        span("Layout", 3_000, 1_000),
    ]
    slices = summarise(events, WHOLE, base=BASE)
    assert ms(slices, "FireAnimationFrame", "draw (page/a.js:7)") == 7
    assert ms(slices, "Layout") == 1
    assert ms(slices, "RunTask") == 2


def test_only_the_stretch_of_the_requests_counts_and_only_that_process() -> None:
    request = {"name": "gapprof:request", "pid": 1, "tid": 1}
    events = [
        {**request, "ph": "b", "ts": 5_000},
        {**request, "ph": "e", "ts": 15_000},
        span("Paint", 0, 10_000, tdur=10_000),
        {**span("Paint", 0, 20_000), "pid": 2},
    ]
    stretch = stretch_of(events)
    slices = summarise(events, stretch)
    assert stretch.ms == 10
    assert [(piece.name, piece.wall_ms, piece.cpu_ms) for piece in slices] == [("Paint", 5.0, 5.0)]


def test_pairs_of_begin_and_end_count_like_whole_events() -> None:
    begin = {"name": "Paint", "ph": "B", "pid": 1, "tid": 1, "ts": 1_000}
    end = {"name": "Paint", "ph": "E", "pid": 1, "tid": 1, "ts": 3_000}
    assert ms(summarise([begin, end], WHOLE), "Paint") == 2


def test_an_address_without_meaning_is_cut_and_a_long_one_bounded() -> None:
    events = [
        script("FunctionCall", 0, 1_000, "f", "data:text/html,<script>secret()</script>"),
        script("FunctionCall", 2_000, 1_000, "g" * 10_000),
    ]
    details = sorted(piece.detail for piece in summarise(events, WHOLE))
    assert details[0] == "f (data::7)"
    assert len(details[1]) <= 200


def test_an_empty_trace_is_an_empty_summary() -> None:
    assert summarise([], stretch_of([])) == ()
