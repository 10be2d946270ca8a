"""What the page did by itself, as a report has it."""

import math
from statistics import quantiles

from gapprof.facts.case import Case
from gapprof.facts.conditions import steady, typical_ms
from gapprof.facts.estimates import factor_of
from gapprof.records.observed import ObservedWasm, PageObserved
from gapprof.records.report import Estimate, ObservedPage
from gapprof.stats.contrast import Contrast

_LEVELS = {0: "disabled", 1: "basic", 2: "extended", 3: "layout", 99: "all"}
_FEWEST = 4
"""Runs that have quartiles."""


def observed(case: Case) -> ObservedPage | None:
    """None where a model was given, and no page was watched."""
    seen = next(case.recording.of(PageObserved), None)
    if seen is None:
        return None
    session, wasm = seen.session, _library(seen)
    typical, later = typical_ms(session.runs_ms), session.runs_ms[1:]
    low, _, high = quantiles(later, n=4) if len(later) >= _FEWEST else (None, None, None)
    asked = [one for one in seen.settings if one.name == "numThreads"]
    base = steady(case)
    return ObservedPage(
        url=seen.url,
        watched_s=seen.watched_s,
        isolated=seen.isolated,
        where=session.where,
        version=wasm.version if wasm else "",
        wasm_url=wasm.url if wasm else "",
        wasm_sha256=wasm.sha256 if wasm else "",
        simd=wasm.simd if wasm else None,
        shared_memory=any(one.shared for one in seen.memories),
        threads=seen.threads,
        threads_asked=seen.asked_threads,
        threads_by=next((one.by for one in reversed(asked) if not one.by_library), ()),
        workers=len(seen.workers),
        model_url=session.url,
        model_sha256=session.sha256,
        model_bytes=session.size_bytes,
        optimisation=_LEVELS.get(session.optimisation, "") if session.optimisation is not None else "",
        providers=session.providers,
        fed=bool(session.inputs) and all(one.kept for one in session.inputs),
        create_ms=session.create_ms,
        first_run_ms=session.runs_ms[0] if session.runs_ms else None,
        run_ms=typical,
        run_low_ms=low,
        run_high_ms=high,
        runs=len(session.runs_ms),
        failed_runs=session.failed_runs,
        sessions=len(seen.sessions),
        times_deployed=_times(typical, base),
        troubles=seen.troubles,
    )


def _times(typical_ms: float | None, base: Contrast | None) -> Estimate | None:
    """The page's own runs over those of the same model on a quiet page, whose rounds give the interval."""
    if typical_ms is None or base is None:
        return None
    return factor_of(Contrast({number: math.log(typical_ms) - ln for number, ln in base.by_round.items()}))


def _library(seen: PageObserved) -> ObservedWasm | None:
    """The module that is onnxruntime's; the largest, where a page loads two."""
    ours = [one for one in seen.wasm if one.version]
    return max(ours, key=lambda one: one.size_bytes, default=None)
