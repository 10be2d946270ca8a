"""What the page did by itself, as a report has it."""

import math
from statistics import median, quantiles

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.estimates import factor_of
from gapprof.facts.ladder import target
from gapprof.facts.session_options import DEFAULTS, instead_of, why_not_fed
from gapprof.records.estimate import Estimate
from gapprof.records.observed import ObservedOption, ObservedWasm, PageObserved
from gapprof.records.sections.observed import ObservedPage, SessionOptionRow, UnreadOption
from gapprof.stats.contrast import Contrast

_LEVELS = {0: "disabled", 1: "basic", 2: "extended", 3: "layout", 99: "all"}
_FEWEST = 4
"""Runs that have quartiles."""
LOOPED = "web-main"
"""The model where the page runs it, in runs back to back, as the library is timed in the page."""


def observed(case: Case) -> ObservedPage | None:
    """None where a model was given, and no page was watched."""
    seen = next(case.recording.of(PageObserved), None)
    if seen is None:
        return None
    session, wasm = seen.session, _library(seen)
    later = session.runs_ms[1:]
    low, _, high = quantiles(later, n=4) if len(later) >= _FEWEST else (None, None, None)
    pins = seen.pins
    return ObservedPage(
        url=seen.url,
        watched_s=seen.watched_s,
        isolated=seen.isolated,
        where=session.where,
        version=wasm.version if wasm else "",
        wasm_url=wasm.url if wasm else "",
        wasm_sha256=wasm.sha256 if wasm else "",
        simd=wasm.simd if wasm else None,
        shared_memory=_shared(seen),
        threads=seen.threads,
        threads_asked=seen.asked_threads,
        threads_by=pins[-1].by if pins else (),
        workers=len(seen.workers),
        model_url=session.url,
        model_sha256=session.sha256,
        model_bytes=session.size_bytes,
        optimisation=_LEVELS.get(session.optimisation, "") if session.optimisation is not None else "",
        providers=session.providers,
        fed=bool(session.inputs) and all(one.kept for one in session.inputs),
        create_ms=session.create_ms,
        first_run_ms=session.runs_ms[0] if session.runs_ms else None,
        run_ms=median(later) if later else None,
        run_low_ms=low,
        run_high_ms=high,
        runs=len(session.runs_ms),
        failed_runs=session.failed_runs,
        sessions=len(seen.sessions),
        times_deployed=_times(case, later),
        troubles=seen.troubles,
        build=wasm.build if wasm else "",
        known_by=wasm.known_by if wasm else "",
        session_options=tuple(_row(case, one) for one in session.options),
        unread_options=tuple(
            UnreadOption(name=one.name, value=one.value, instead=instead_of(one.name))
            for one in session.unread_options
        ),
    )


def _shared(seen: PageObserved) -> bool:
    """Of the library's own memory; older recordings know only which memories the page made."""
    told = seen.session.shared_memory
    return any(one.shared for one in seen.memories) if told is None else told


def _row(case: Case, option: ObservedOption) -> SessionOptionRow:
    default = DEFAULTS.get(option.name, "")
    given = case.recording.begin.settings.session_options.get(option.name, default)
    fed = given == option.value
    return SessionOptionRow(
        name=option.name,
        value=option.value,
        default=default,
        fed=fed,
        why_not="" if fed else why_not_fed(option.name) or "something else was asked for",
    )


def _times(case: Case, runs_ms: tuple[float, ...]) -> Estimate | None:
    """The page's own runs over those in a loop on a quiet page; both differ, and the interval holds how."""
    quiet = case.get(measured).get(target(case, LOOPED), {})
    if len(runs_ms) < _FEWEST or not quiet:
        return None
    own = Contrast({number: math.log(ms) for number, ms in enumerate(runs_ms)})
    return factor_of(own, Contrast({number: -math.log(ms) for number, ms in quiet.items()}))


def _library(seen: PageObserved) -> ObservedWasm | None:
    """The module that is onnxruntime's; the largest, where a page loads two."""
    ours = [one for one in seen.wasm if one.version]
    return max(ours, key=lambda one: one.size_bytes, default=None)
