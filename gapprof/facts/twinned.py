"""Rungs that twin kernels tell apart between native code at 128 bits and the browser's kernels.

The engine is counted on from native's side, the library from the browser's: so each stands on rounds, and
only what is small is left to profiled passes. Between the two lies what schedules do that suit one side and
not the other: nobody's cause, and so a part of the residual, which twins measure. These say which share of a
run it is, so that a machine that was slower by then changes nothing.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.computed_rung import ComputedRung, derived, without
from gapprof.facts.missing_kernels import missing_kernels
from gapprof.facts.pressure import pressure
from gapprof.facts.profiles import CAPPED, WEB
from gapprof.facts.split import Split, split
from gapprof.facts.twins import ByRound
from gapprof.text import numbers

AVX_128 = "native-128-avx"
ENGINE = "web-engine"
SUITED = "web-suited"
PRESENT = "web-kernels-present"
UNPRESSED = "web-unpressed"
LIBRARY = "web-library"


def twinned(case: Case, kernels: ComputedRung) -> Iterator[ComputedRung]:
    """For the nodes that have twins; all of them or none, as one alone would hide what the others hold."""
    parts = case.get(split)
    if parts is None:
        return
    steps = _steps(parts)
    found = (*_from_native(case, parts, steps), *_library(case, parts, kernels))
    if len(found) == len(steps) + 1:
        library = found[-1]
        pressed = tuple(_unpressed(case, library, kernels))
        yield from (*found, *pressed, *_present(case, (*pressed, library)[0]))


def _steps(parts: Split) -> tuple[tuple[str, str, ByRound, str], ...]:
    """Rung, title, shares of native's run that it takes off, and what the nodes take."""
    how = "as much slower as their {} twins"
    found = (
        (AVX_128, "Native at 128 bits, AVX encoding", parts.encoding, how.format("AVX-encoded")),
        (ENGINE, "Native's kernels, if the browser's engine ran them", parts.engine, how.format("wasm")),
    )
    if not parts.tuned_natively:
        return found
    suited = "as much slower as wasm twins over those that suit SSE"
    return (*found, (SUITED, "The same, in loops that suit the engine", parts.suited, suited))


def _from_native(
    case: Case, parts: Split, steps: Iterable[tuple[str, str, ByRound, str]]
) -> Iterator[ComputedRung]:
    for rung_id, title, shares, how in steps:
        if max(shares.values()) >= 1:
            return
        left = 1 - median(shares.values())
        for rung in derived(
            case,
            CAPPED,
            _times(left),
            rung_id=rung_id,
            title=title,
            changes=f"computed: {CAPPED} with {len(parts.nodes)} nodes {how}",
        ):
            yield replace(rung, by_pass={number: math.log1p(-share) for number, share in shares.items()})


def _times(factor: float) -> Callable[[float], float]:
    return lambda latency_ms: latency_ms * factor


def _library(case: Case, parts: Split, kernels: ComputedRung) -> Iterator[ComputedRung]:
    rest = median(parts.rest.values())
    yield from without(
        kernels,
        parts.rest,
        case.get(measured).get(WEB, {}),
        rung_id=LIBRARY,
        title="In the browser, where there are twins",
        changes=f"computed: {kernels.id} minus {numbers.percent(rest)} of {WEB} in nodes without a twin",
    )


def _unpressed(case: Case, library: ComputedRung, kernels: ComputedRung) -> Iterator[ComputedRung]:
    found = case.get(pressure)
    if found is None or not found.beyond:
        return
    lost = dict(zip(library.by_pass, found.shares, strict=False))
    if lost:
        share = numbers.percent(median(lost.values()))
        yield from without(
            library,
            lost,
            kernels.by_round_ms,
            rung_id=UNPRESSED,
            title="In the browser, if its kernels fitted the registers",
            changes=f"computed: {library.id} minus {share} of {kernels.id} in functions that do not",
        )


def _present(case: Case, source: ComputedRung) -> Iterator[ComputedRung]:
    found = case.get(missing_kernels)
    if found is None:
        return
    share = numbers.percent(median(found.shares.values()))
    yield from without(
        source,
        found.shares,
        case.get(measured).get(WEB, {}),
        rung_id=PRESENT,
        title="In the browser, if it had native's kernels where it lacks one",
        changes=f"computed: {source.id} minus {share} of {WEB} in {len(found.nodes)} nodes",
    )
