"""Calls inside the wasm joined to the nodes that ran meanwhile. Pure.

Two clocks: hooks read the page's, in ms; the profiler counts µs from when it was started. Every run is one
call from outside, which a hook saw begin and end, and one `model_run` of the profiler, which lies inside it:
so the difference of the clocks lies between bounds, of which each run gives a pair, and the narrowest ones
count. A call belongs to the innermost node in whose time its middle lies; one that reaches beyond that node,
as of functions that run whole nodes, is shared out among the nodes that it overlaps.

A call during which something else had the processor would count as often as there are calls between two timed
ones. So runs that took much longer than the median one are left out, and calls that took many times the
median call of the same function in the same node are kept apart; unless most runs have such calls, which then
are the function's own.
"""

import base64
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from gapprof.records.inside import HookedFunction, HookedPart
from gapprof.records.wire.instrument import Instrumented
from gapprof.wasm.hooks import LINE_BYTES, NOBODY, Hooked
from gapprof.wasm.inspect import vectors_in_loops

SLOW = 1.3
"""Times the median run: longer ones are left out."""
DISTURBED, DISTURBED_MS = 8.0, 0.1
"""Times the median call, and at least so long: what is longer was held up. A scheduler's slice is 1 ms or
more."""
RARE, MOST_RUNS = 0.05, 0.5
"""Of the calls, of the runs: where more are so long, or more have such a call, the function does work of two
kinds, and nothing held it up."""
COARSE_US = 12.0
"""By how much bounds may contradict each other: clocks are coarse (5 µs where a page is isolated) and read
twice."""
_Key = tuple[int, int | None, int | None]
"""Slot, function of the caller, node."""
_Piece = tuple[int | None, float]
"""A node, or none, and µs in it."""
_LINE = np.dtype([("slot", "<u4"), ("caller", "<u4"), ("begin", "<f8"), ("end", "<f8")])


class UnjoinableError(ValueError):
    """Its text says why calls cannot be joined to nodes."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One timed call; its pieces, the largest first, are all of it."""

    run: int
    pieces: Sequence[_Piece]

    @property
    def ms(self) -> float:
        return math.fsum(us for _, us in self.pieces) / 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a pass says, with its log summed up."""

    functions: tuple[HookedFunction, ...]
    parts: tuple[HookedPart, ...]
    offset_us: tuple[float, float]
    runs: int
    """Those that count."""


def joined(answer: Instrumented, hooked: Hooked) -> Joined:
    """Raises UnjoinableError."""
    logs = [_lines(text) for text in answer.log]
    low_us, high_us = _offset_us(answer, _runs_us(logs, hooked))
    offset_us = (low_us + high_us) / 2
    by_run = _by_run(answer.spans_us, len(logs), offset_us)
    kept = _ordinary(answer)
    calls: dict[_Key, list[_Call]] = {}
    for run in kept:
        log = logs[run]
        inner = log[log["slot"] < len(hooked.functions)]
        ends_us = zip((inner["begin"] * 1e3).tolist(), (inner["end"] * 1e3).tolist(), strict=True)
        pieces = _pieces(list(ends_us), by_run[run])
        for slot, caller, each in zip(inner["slot"].tolist(), inner["caller"].tolist(), pieces, strict=True):
            calls.setdefault((slot, _function(caller, hooked), each[0][0]), []).append(_Call(run, each))
    parts = tuple(_parts(calls, answer, hooked, runs=len(kept)))
    return Joined(
        functions=tuple(
            HookedFunction(
                function=function,
                calls=tuple(answer.calls[run][slot] for run in kept),
                period=answer.periods[slot],
                timed=sum(one.timed for one in parts if one.function == function),
                vectors_in_loops=vectors_in_loops(hooked.bodies[slot]),
            )
            for slot, function in enumerate(hooked.functions)
        ),
        parts=parts,
        offset_us=(low_us, high_us),
        runs=len(kept),
    )


def _parts(
    calls: Mapping[_Key, Sequence[_Call]], answer: Instrumented, hooked: Hooked, *, runs: int
) -> Iterator[HookedPart]:
    """A call is kept or set aside with all of its pieces."""
    timed: dict[_Key, int] = {}
    held_up_ms: dict[_Key, list[float]] = {}
    pieces_ms: dict[_Key, list[float]] = {}
    for key, found in calls.items():
        most_ms = _most_ms(found, runs)
        for call in found:
            if call.ms > most_ms:
                held_up_ms.setdefault(key, []).append(call.ms)
                continue
            timed[key] = timed.get(key, 0) + 1
            for node, us in call.pieces:
                pieces_ms.setdefault((*key[:2], node), []).append(us / 1e3)
    for slot, caller, node in pieces_ms:
        key = slot, caller, node
        named = None if node is None else answer.nodes[node]
        yield HookedPart(
            function=hooked.functions[slot],
            caller=caller,
            node=named.name if named is not None else None,
            op_type=named.op_type if named is not None else "",
            timed=timed.get(key, 0),
            ms=math.fsum(pieces_ms[key]),
            disturbed_ms=tuple(held_up_ms.get(key, ())),
        )


def _most_ms(calls: Sequence[_Call], runs: int) -> float:
    """What a call may take that nothing held up; of such functions as do work of two kinds, one of the longer
    kind."""
    most_ms = max(DISTURBED * median(one.ms for one in calls), DISTURBED_MS)
    long = [one for one in calls if one.ms > most_ms]
    recur = len({one.run for one in long}) > max(1, MOST_RUNS * runs)
    return _most_ms(long, runs) if recur or len(long) > RARE * len(calls) else most_ms


def _ordinary(answer: Instrumented) -> list[int]:
    """Runs that did not take much longer than the median one."""
    most_us = SLOW * median(took for _, took in answer.model_runs_us)
    return [run for run, (_, took) in enumerate(answer.model_runs_us) if took <= most_us]


def _lines(text: str) -> NDArray[np.void]:
    data = base64.b64decode(text)
    if len(data) % LINE_BYTES:
        raise UnjoinableError("the log of a run ends in the middle of a line")
    return np.frombuffer(data, _LINE)


def _runs_us(logs: Sequence[NDArray[np.void]], hooked: Hooked) -> list[tuple[float, float]]:
    """Begin and end in µs of every run: of calls from outside those that take longest in most runs.

    In a single run another one may take longer, because something else had the processor just then.
    """
    longest: list[dict[int, NDArray[np.void]]] = []
    for log in logs:
        of_slot: dict[int, NDArray[np.void]] = {}
        for line in log[log["slot"] >= len(hooked.functions)]:
            known = of_slot.get(int(line["slot"]))
            if known is None or line["end"] - line["begin"] > known["end"] - known["begin"]:
                of_slot[int(line["slot"])] = line
        longest.append(of_slot)
    always = set.intersection(*(set(one) for one in longest)) if longest else set()
    if not always:
        raise UnjoinableError("there is no call from outside that was logged in every run")
    run = max(
        sorted(always),
        key=lambda slot: median(float(one[slot]["end"] - one[slot]["begin"]) for one in longest),
    )
    return [(float(one[run]["begin"]) * 1e3, float(one[run]["end"]) * 1e3) for one in longest]


def _offset_us(answer: Instrumented, runs_us: Sequence[tuple[float, float]]) -> tuple[float, float]:
    pairs = list(zip(runs_us, answer.model_runs_us, strict=True))
    low = max(begin - at for (begin, _), (at, _) in pairs)
    high = min(end - at - took for (_, end), (at, took) in pairs)
    if low > high + COARSE_US:
        raise UnjoinableError(
            f"the clocks of page and profiler do not go together ({low - high:.0f} µs): runs do not lie "
            "inside the calls from outside, as where a run goes on after its call has returned"
        )
    return min(low, high), max(low, high)


_Span = tuple[float, float, int]
"""Begin and end in µs on the page's clock, and the node."""


def _by_run(
    spans_us: Iterable[tuple[int, int, float, float]], runs: int, offset_us: float
) -> list[list[_Span]]:
    found: list[list[_Span]] = [[] for _ in range(runs)]
    for run, node, at, took in spans_us:
        found[run].append((at + offset_us, at + took + offset_us, node))
    return [sorted(one, key=lambda span: (span[0], -span[1])) for one in found]


def _pieces(calls_us: Sequence[tuple[float, float]], spans: Sequence[_Span]) -> Iterator[list[_Piece]]:
    """Of each call, the largest first; spans lie inside each other or apart."""
    begins = [begin for begin, _, _ in spans]
    around = _around(spans)
    outermost = [span for at, span in enumerate(spans) if at not in around]
    for begin, end in calls_us:
        middle = (begin + end) / 2
        at: int | None = bisect_right(begins, middle) - 1
        while at is not None and at >= 0 and spans[at][1] < middle:
            at = around.get(at)
        if at is None or at < 0 or spans[at][0] > begin + COARSE_US or spans[at][1] < end - COARSE_US:
            yield _shared_out(begin, end, outermost)
        else:
            yield [(spans[at][2], end - begin)]


def _shared_out(begin: float, end: float, spans: Sequence[_Span]) -> list[_Piece]:
    first = max(0, bisect_right(spans, (begin, math.inf, 0)) - 1)
    inside: dict[int | None, float] = {}
    for span_begin, span_end, node in spans[first:]:
        if span_begin >= end:
            break
        overlap = min(end, span_end) - max(begin, span_begin)
        if overlap > 0:
            inside[node] = inside.get(node, 0.0) + overlap
    outside = end - begin - math.fsum(inside.values())
    if outside > 0 or not inside:
        inside[None] = max(outside, 0.0)
    return sorted(inside.items(), key=lambda piece: -piece[1])


def _around(spans: Sequence[_Span]) -> Mapping[int, int]:
    """Span → the one that it lies inside of."""
    found: dict[int, int] = {}
    open_spans: list[int] = []
    for at, (begin, _, _) in enumerate(spans):
        while open_spans and spans[open_spans[-1]][1] <= begin:
            open_spans.pop()
        if open_spans:
            found[at] = open_spans[-1]
        open_spans.append(at)
    return found


def _function(slot: int, hooked: Hooked) -> int | None:
    """None for nobody, and for calls from outside."""
    return hooked.functions[slot] if slot != NOBODY and slot < len(hooked.functions) else None
