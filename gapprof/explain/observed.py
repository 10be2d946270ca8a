"""What the page did by itself, as a report has it."""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median, quantiles

from gapprof.facts.case import Case
from gapprof.facts.own_runs import FEWEST, own_share, times_looped
from gapprof.facts.session_options import DEFAULTS, instead_of, why_not_fed
from gapprof.records.observed import (
    ObservedOption,
    ObservedSession,
    ObservedStretch,
    ObservedWasm,
    PageObserved,
)
from gapprof.records.sections.observed import (
    MainThreadUse,
    ObservedPage,
    SessionOptionRow,
    UnreadOption,
)

_LEVELS = {0: "disabled", 1: "basic", 2: "extended", 3: "layout", 99: "all"}


def observed(case: Case) -> ObservedPage | None:
    """None where a model was given, and no page was watched."""
    seen = next(case.recording.of(PageObserved), None)
    if seen is None:
        return None
    session, wasm = seen.session, _library(seen)
    later = session.runs_ms[1:]
    low, _, high = quantiles(later, n=4) if len(later) >= FEWEST else (None, None, None)
    pins, pauses_ms = seen.pins, _pauses_ms(session)
    enough = len(pauses_ms) >= FEWEST
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
        times_deployed=times_looped(case, seen),
        troubles=seen.troubles,
        build=wasm.build if wasm else "",
        known_by=wasm.known_by if wasm else "",
        session_options=tuple(_row(case, one) for one in session.options),
        unread_options=tuple(
            UnreadOption(name=one.name, value=one.value, instead=instead_of(one.name))
            for one in session.unread_options
        ),
        main_thread=None if seen.main_thread is None else _use(seen.main_thread),
        pause_ms=median(pauses_ms) if enough else None,
        pause_high_ms=quantiles(pauses_ms, n=20, method="inclusive")[-1] if enough else None,
        bound=session.bound,
        thread_workers=session.thread_workers,
    )


def of_another_build(page: ObservedPage | None, versions: Mapping[str, str]) -> str:
    """A sentence where the ladder has another library than the page, `versions` being the ladder's; else
    nothing.
    """
    ours = versions.get("onnxruntime-web", "")
    if page is None or not ours:
        return ""
    if page.version != ours:
        own = f"onnxruntime-web {page.version}" if page.version else "library, which is not recognised"
        return f"Measured with onnxruntime-web {ours}, not with the page's own {own}."
    if page.wasm_sha256.startswith(versions.get("wasm", "")):
        return ""
    own = f"{page.build} build" if page.build else "build"
    return f"Measured with another build of onnxruntime-web {ours} than the page's own {own}."


def _pauses_ms(session: ObservedSession) -> list[float]:
    """From a run's end to the next one's begin; older recordings do not know when runs began."""
    runs = tuple(zip(session.runs_began_ms, session.runs_ms, strict=False))
    return [max(0.0, later - began - ms) for (began, ms), (later, _) in pairwise(runs)]


def _use(one: ObservedStretch) -> MainThreadUse:
    return MainThreadUse(
        over_ms=one.over_ms,
        busy=one.tasks_ms / one.over_ms,
        runs=None if one.runs_ms is None else one.runs_ms / one.over_ms,
        own=own_share(one),
        styles=one.styles_ms / one.over_ms,
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


def _library(seen: PageObserved) -> ObservedWasm | None:
    """The module that is onnxruntime's; the largest, where a page loads two."""
    ours = [one for one in seen.wasm if one.version]
    return max(ours, key=lambda one: one.size_bytes, default=None)
