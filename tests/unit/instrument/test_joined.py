"""Calls and nodes of planted runs: which call lies in which node, on clocks that differ."""

import base64
import struct
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from gapprof.instrument.joined import UnjoinableError, joined
from gapprof.records.wire.instrument import Instrumented, NamedNode
from gapprof.wasm.encode import simd
from gapprof.wasm.hooks import NOBODY, Hooked

OFFSET_US = 5_000_000.0
"""The page's clock is so far ahead of the profiler's."""
ONE_VECTOR = simd(0x0C, *bytes(16)) + b"\x1a"
BUILD = Hooked(
    wasm=b"",
    functions=(700, 900),
    bodies=(
        memoryview(b"\x00\x03\x40" + ONE_VECTOR + b"\x0b\x0b"),
        memoryview(b"\x00" + ONE_VECTOR + b"\x0b"),
    ),
    exports=("run", "free"),
    log_begins=0,
    log_ends=0,
)
"""The first of them has a vector in a loop, the second one none of either."""
RUN, FREE = 2, 3
Line = tuple[int, int, float, float]
"""Slot, caller, begin and end in µs on the profiler's clock."""


def log(*lines: Line) -> str:
    packed = (
        struct.pack("<IIdd", slot, caller, (begin + OFFSET_US) / 1e3, (end + OFFSET_US) / 1e3)
        for slot, caller, begin, end in lines
    )
    return base64.b64encode(b"".join(packed)).decode()


def answer(
    logs: Sequence[str],
    runs_us: Sequence[tuple[float, float]],
    spans_us: Sequence[tuple[int, int, float, float]],
    *,
    calls: Sequence[tuple[int, int]] | None = None,
) -> Instrumented:
    return Instrumented(
        outputs=(),
        counted_us=0.01,
        timed_us=0.5,
        inside_us=0.2,
        stock_ms=(),
        hooked_ms=(),
        periods=(1, 1),
        calls=tuple(calls or [(1, 1)] * len(logs)),
        log=tuple(logs),
        lost=0,
        nodes=(NamedNode(name="conv", op_type="Conv"), NamedNode(name="loop", op_type="Loop")),
        model_runs_us=tuple(runs_us),
        spans_us=tuple(spans_us),
    )


ONE = answer(
    [
        log(
            (0, NOBODY, 120, 180),
            (1, 0, 130, 150),
            (0, RUN, 500, 510),
            (FREE, NOBODY, 95, 96),
            (RUN, NOBODY, 98, 612),
        )
    ],
    [(100.0, 510.0)],
    [(0, 0, 110.0, 100.0)],
)


def test_calls_are_in_the_node_that_their_middle_lies_in() -> None:
    found = joined(ONE, BUILD)
    assert {
        (one.function, one.caller, one.node, one.op_type): (one.timed, round(one.ms, 9))
        for one in found.parts
    } == {
        (700, None, "conv", "Conv"): (1, 0.06),
        (900, 700, "conv", "Conv"): (1, 0.02),
        (700, None, None, ""): (1, 0.01),
    }
    assert [(one.function, one.timed, one.calls) for one in found.functions] == [
        (700, 2, (1,)),
        (900, 1, (1,)),
    ]
    assert [one.vectors_in_loops for one in found.functions] == [1, None]


def test_the_clocks_differ_by_what_runs_leave_open() -> None:
    low, high = joined(ONE, BUILD).offset_us
    assert low == pytest.approx(OFFSET_US - 2)
    assert high == pytest.approx(OFFSET_US + 2)


def test_the_narrowest_bounds_of_all_runs_count() -> None:
    two = answer(
        [log((RUN, NOBODY, 99, 650)), log((RUN, NOBODY, 900, 1511))],
        [(100.0, 510.0), (1000.0, 510.0)],
        [],
    )
    low, high = joined(two, BUILD).offset_us
    assert low == pytest.approx(OFFSET_US - 1)
    assert high == pytest.approx(OFFSET_US + 1)


def test_clocks_that_contradict_each_other_are_refused() -> None:
    early = answer([log((RUN, NOBODY, 98, 300))], [(100.0, 510.0)], [])
    with pytest.raises(UnjoinableError, match="do not go together"):
        joined(early, BUILD)


def test_a_run_without_a_call_from_outside_is_refused() -> None:
    with pytest.raises(UnjoinableError, match="no call from outside"):
        joined(answer([log((0, NOBODY, 120, 180))], [(100.0, 510.0)], []), BUILD)


def test_a_short_call_that_something_held_up_is_not_taken_for_a_run() -> None:
    runs = [(100.0, 510.0), (1000.0, 510.0), (9000.0, 510.0)]
    logs = [
        log((RUN, NOBODY, begin - 2, begin + 512), (FREE, NOBODY, begin + 600, begin + 601))
        for begin, _ in runs
    ]
    logs[1] = log((RUN, NOBODY, 998, 1512), (FREE, NOBODY, 1600, 7600))
    low, high = joined(answer(logs, runs, []), BUILD).offset_us
    assert low == pytest.approx(OFFSET_US - 2)
    assert high == pytest.approx(OFFSET_US + 2)


def test_half_a_line_is_refused() -> None:
    cut = base64.b64encode(base64.b64decode(ONE.log[0])[:-8]).decode()
    with pytest.raises(UnjoinableError, match="middle of a line"):
        joined(replace(ONE, log=(cut,)), BUILD)


def test_a_node_in_the_body_of_another_has_its_own_calls() -> None:
    nested = answer(
        [log((0, RUN, 120, 130), (0, RUN, 160, 170), (0, RUN, 260, 270), (RUN, NOBODY, 98, 612))],
        [(100.0, 510.0)],
        [(0, 0, 150.0, 50.0), (0, 1, 110.0, 300.0)],
    )
    parts = {one.node: one.timed for one in joined(nested, BUILD).parts}
    assert parts == {"loop": 2, "conv": 1}


def test_a_call_that_reaches_over_several_nodes_is_shared_out() -> None:
    """As of a function that runs the whole graph: 100 µs in one node, 200 in another, 50 around them."""
    whole = answer(
        [log((0, RUN, 110, 460), (RUN, NOBODY, 98, 612))],
        [(100.0, 510.0)],
        [(0, 0, 120.0, 100.0), (0, 1, 240.0, 200.0)],
    )
    found = joined(whole, BUILD)
    parts = {one.node: (one.timed, round(one.ms, 9)) for one in found.parts}
    assert parts == {"loop": (1, 0.2), "conv": (0, 0.1), None: (0, 0.05)}
    assert found.functions[0].timed == 1


def test_calls_that_something_held_up_are_kept_apart() -> None:
    calls = [(0, RUN, 120.0 + 10 * at, 125.0 + 10 * at) for at in range(30)]
    held_up = (0, RUN, 500.0, 1700.0)
    whole = answer(
        [log(*calls, held_up, (RUN, NOBODY, 98, 2012))], [(100.0, 1910.0)], [(0, 0, 110.0, 1800.0)]
    )
    found = joined(whole, BUILD)
    (part,) = found.parts
    assert (part.timed, round(part.ms, 9)) == (30, 0.15)
    assert [round(ms, 9) for ms in part.disturbed_ms] == [1.2]
    assert found.functions[0].timed == 30


def test_a_function_that_does_work_of_two_kinds_was_not_held_up() -> None:
    calls = [(0, RUN, 120.0 + 10 * at, 125.0 + 10 * at) for at in range(9)]
    large = (0, RUN, 500.0, 1700.0)
    whole = answer([log(*calls, large, (RUN, NOBODY, 98, 2012))], [(100.0, 1910.0)], [(0, 0, 110.0, 1800.0)])
    (part,) = joined(whole, BUILD).parts
    assert (part.timed, round(part.ms, 9), part.disturbed_ms) == (10, 1.245, ())


@pytest.mark.parametrize("long_us", [1000.0, 40_000.0])
def test_long_calls_that_recur_in_most_runs_were_not_held_up(long_us: float) -> None:
    """97 short calls and three long ones in each of ten runs, and one long beyond all in a single run."""
    run_us = 10_000 + 12 * long_us
    runs = [(1e6 * run, run_us) for run in range(10)]
    held_up_us = 9 * long_us
    logs = []
    for begin, took in runs:
        short = [(0, RUN, begin + 20 * at, begin + 20 * at + 10) for at in range(1, 98)]
        starts = [begin + 3000 + at * (long_us + 5) for at in range(3)]
        long = [(0, RUN, start, start + long_us) for start in starts]
        if begin == 0:
            long.append((0, RUN, 2500.0, 2500.0 + held_up_us))
        logs.append(log(*short, *long, (RUN, NOBODY, begin - 1, begin + took + 1)))
    spans = [(run, 0, begin + 1, took - 2) for run, (begin, took) in enumerate(runs)]
    (part,) = joined(answer(logs, runs, spans, calls=[(101, 0)] * 10), BUILD).parts
    assert part.timed == 1000
    assert part.ms == pytest.approx(10 * (97 * 0.01 + 3 * long_us / 1e3))
    assert part.disturbed_ms == pytest.approx((held_up_us / 1e3,))


def test_a_long_call_in_few_runs_is_held_up() -> None:
    runs = [(1e6 * run, 5000.0) for run in range(10)]
    logs = [
        log(
            *((0, RUN, begin + 20 * at, begin + 20 * at + 10) for at in range(1, 98)),
            *([(0, RUN, begin + 3000, begin + 4000)] if begin < 3e6 else []),
            (RUN, NOBODY, begin - 1, begin + took + 1),
        )
        for begin, took in runs
    ]
    spans = [(run, 0, begin + 1, took - 2) for run, (begin, took) in enumerate(runs)]
    (part,) = joined(answer(logs, runs, spans, calls=[(98, 0)] * 10), BUILD).parts
    assert (part.timed, round(part.ms, 9)) == (970, 9.7)
    assert part.disturbed_ms == pytest.approx((1.0,) * 3)


def test_of_a_held_up_call_that_was_shared_out_nothing_stays() -> None:
    """It lies in two nodes, of which the second has most of it."""
    short = [(0, RUN, at + 20.0 * each, at + 20.0 * each + 5) for at in (210, 3010) for each in range(30)]
    whole = answer(
        [log(*short, (0, RUN, 1000, 3000), (RUN, NOBODY, 98, 4012))],
        [(100.0, 3910.0)],
        [(0, 0, 110.0, 1790.0), (0, 1, 1900.0, 2000.0)],
    )
    found = {one.node: one for one in joined(whole, BUILD).parts}
    assert {node: (one.timed, round(one.ms, 9)) for node, one in found.items()} == {
        "conv": (30, 0.15),
        "loop": (30, 0.15),
    }
    assert found["loop"].disturbed_ms == pytest.approx((2.0,))


def test_long_calls_are_not_held_up_by_being_long() -> None:
    calls = [(0, RUN, 1000.0 * at, 1000.0 * at + 500.0 + 100 * at) for at in range(1, 4)]
    whole = answer([log(*calls, (RUN, NOBODY, 98, 9012))], [(100.0, 8910.0)], [(0, 0, 110.0, 8800.0)])
    (part,) = joined(whole, BUILD).parts
    assert (part.timed, part.disturbed_ms) == (3, ())


def test_runs_that_something_disturbed_are_left_out() -> None:
    runs = [(100.0 + 1000 * run, 2_000.0 if run == 2 else 500.0) for run in range(4)]
    runs[3] = (5100.0, 500.0)
    logs = [
        log((0, RUN, begin + 10, begin + took - 10), (RUN, NOBODY, begin - 1, begin + took + 1))
        for begin, took in runs
    ]
    spans = [(run, 0, begin, took) for run, (begin, took) in enumerate(runs)]
    found = joined(answer(logs, runs, spans, calls=[(1, 0), (2, 0), (99, 0), (3, 0)]), BUILD)
    assert found.runs == 3
    assert found.functions[0].calls == (1, 2, 3)
    assert [(one.timed, round(one.ms, 9)) for one in found.parts] == [(3, 1.44)]
