"""The first visits: what the page really gets, how long a run takes, and the ladder that follows."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from msgspec.structs import replace

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.measure.pacing import THRIFTY_REQUESTS, pace_for, trial_s
from gapprof.measure.resolve import asked_threads, ladder, resolve, with_refusal
from gapprof.measure.visits import Visits
from gapprof.measure.wanted import ENDS, ENDS_RUNGS
from gapprof.native.estimate import IsaRatio, measured_isa_ratio
from gapprof.records.backend import Backend
from gapprof.records.calls import RecordedCalls
from gapprof.records.environment import OWN_RULE, Setting
from gapprof.records.job import Job, Pace
from gapprof.records.recording import PlannedRung, Preflight
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure, Trial

Recorder = Callable[[Job], RecordedCalls | Failure]
"""Makes the page run once more, with its WebGPU calls written to the job's `calls_path`."""
Prover = Callable[[Setting], str | None]
"""Why what a setting asks for has no effect here; None: it may have."""
LONGEST_VISIT_S = 600.0
"""What a first visit may take: five runs of a model that takes two minutes each."""
SHORTEST_DEADLINE_S = 60.0
NO_ESTIMATE = IsaRatio(ratio=None, why="")
ESTIMATE_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """The two preflight visits; a side that failed leaves its failure."""

    native: Trial | Failure
    page: Trial | Failure
    no_common_graph: str | None = None
    """Why there is none; then only what runs the original file can be measured."""
    no_calls: str | None = None
    """Why the library's WebGPU calls were not recorded; then there is nothing to replay."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Native rung for a GPU whose execution provider is built in and gives no session → why."""


def look(
    visits: Visits,
    rungs: Mapping[str, Rung],
    settings: Settings,
    *,
    cores: int,
    recorder: Recorder | None = None,
    instead: str = "",
) -> FirstLook:
    """Visit native and the user's page once, and have the page's calls recorded where something replays them.

    `instead`: the backend that is tried where this one cannot be had; empty: there is none.
    Raises EnvironmentUnusable when the browser is the trouble, or the GPU fails while calls are recorded and
    there is another backend: a page alone is told only where nothing better can be.
    """

    def first(rung_id: str) -> PlannedRung:
        rung = rungs[rung_id]
        setting = resolve(
            rung.environment,
            settings,
            cores=cores,
            page_cores=cores,
            page_threads=OWN_RULE if settings.threads is None else settings.threads,
            page_isolated=settings.isolation,
        )
        return PlannedRung(rung=rung, setting=setting)

    deployed = first("web")
    page = visits.preflight(deployed)
    if isinstance(page, Failure) and _is_the_browsers(page):
        raise EnvironmentUnusable(page.message, hint=page.hint or "Run `gapprof doctor`.")
    native, unusable = _native(visits, first, rungs)
    refusal = visits.subject.common if isinstance(visits.subject.common, NativeRefusal) else None
    if isinstance(native, Failure) and isinstance(page, Failure):
        hint = native.hint or (refusal.hint if refusal else "") or "Check the model with onnx.checker."
        raise ModelUnusable(
            f"neither side can run this model; native: {native.message}; web: {page.message}", hint=hint
        )
    why = f"there is no common graph: {_why(refusal, native)}" if refusal else None
    calls = recorder(visits.job(deployed)) if recorder is not None and isinstance(page, Trial) else None
    if calls is not None:
        visits.journal.write(calls)
    if instead and isinstance(calls, Failure) and calls.kind == "environment":
        raise EnvironmentUnusable(
            f"while its calls were recorded: {calls.message}", hint=calls.hint or "Run `gapprof doctor`."
        )
    return FirstLook(
        native=native,
        page=page,
        no_common_graph=why,
        no_calls=calls.message if isinstance(calls, Failure) else None,
        unusable=unusable,
    )


def _why(refusal: NativeRefusal, native: Trial | Failure) -> str:
    """The words of the first look where that died of the same, for they name the node, if any do."""
    if not isinstance(native, Failure) or native.death is None or native.death != refusal.death:
        return refusal.message
    # A signal alone is that of any other death as well.
    named = native.death.last_words and native.message.startswith("node ")
    return native.message if named else refusal.message


def _is_the_browsers(failure: Failure) -> bool:
    """Whether no model could run in that page: a GPU is missed only when a session is made."""
    return failure.kind == "environment" or (failure.kind == "page" and failure.phase in ("start", "load"))


def _native(
    visits: Visits, first: Callable[[str], PlannedRung], rungs: Mapping[str, Rung]
) -> tuple[Trial | Failure, Mapping[str, str]]:
    """By the first rung that onnxruntime itself can run here: on a GPU that may be the one beside the ladder.

    And those whose execution provider turned out to give no session, for want of a driver mostly.
    """
    backend = visits.backends["native"]
    steps = [first(name) for name, rung in rungs.items() if rung.environment.backend == "native"]
    steps.sort(key=lambda step: step.rung.derived_from is not None)
    # Not all at once: to know whether a rung is possible may take a process, and one will do.
    possible = (step for step in steps if step.setting is not None and backend.refuse(step.setting) is None)
    unusable: dict[str, str] = {}
    for step in chain((next(possible, steps[0]),), possible):
        found = visits.preflight(step)
        on_gpu = step.setting is not None and step.setting.device == "gpu"
        if not (on_gpu and isinstance(found, Failure) and found.kind == "environment"):
            return found, unusable
        unusable[step.rung.id] = found.message
    return found, unusable


def conclude(
    first: FirstLook,
    rungs: Mapping[str, Rung],
    settings: Settings,
    backends: Mapping[str, Backend],
    *,
    cores: int,
    wanted: frozenset[str],
    prover: Prover | None = None,
) -> Preflight:
    """Resolve the ladder and choose the pace from what the first visits saw.

    `prover`: for rungs that are going to be visited and turn switches that may do nothing.
    """
    page_seen = first.page.seen if isinstance(first.page, Trial) else None
    native_seen = first.native.seen if isinstance(first.native, Trial) else None
    page_cores = (page_seen and page_seen.hardware_concurrency) or cores
    page_threads = page_seen.threads if page_seen else asked_threads(settings, page_cores)
    isolated = settings.isolation if page_seen is None or page_seen.isolated is None else page_seen.isolated

    resolved = partial(
        ladder,
        rungs,
        settings,
        cores=cores,
        page_cores=page_cores,
        page_threads=page_threads,
        page_isolated=isolated,
    )
    asked = ENDS_RUNGS | wanted if settings.rungs == ENDS else frozenset(rungs)
    open_to_question = {step.setting for step in resolved(refuse=lambda _: None) if step.rung.id in asked}

    def refuse(setting: Setting) -> str | None:
        """To know may take a process: for what nobody asked for, and beside a side that failed, none is."""
        if setting not in open_to_question:
            return None
        if setting.backend == "native" and isinstance(first.native, Failure):
            return first.native.message
        backend = backends.get(setting.backend)
        return backend.refuse(setting) if backend else f"no backend can realise {setting.backend!r}"

    steps = resolved(refuse=refuse)
    steps = with_refusal(steps, _failed_sides(first, steps))
    estimate = _estimate(steps) if isinstance(first.native, Trial) and settings.rungs != ENDS else NO_ESTIMATE
    if settings.rungs == ENDS:
        steps = with_refusal(steps, _between_the_ends(steps))
    steps = tuple(replace(step, planned=_planned(step, wanted)) for step in steps)
    if prover is not None:
        steps = with_refusal(steps, _without_effect(steps, prover))
    native_ms, web_ms = _latency_ms(first.native), _latency_ms(first.page)
    step_us = page_seen.timer_step_us if page_seen and page_seen.isolated else 5.0
    pace = pace_for(
        native_ms=native_ms or _single_run_ms(first.page) or 1.0,
        web_ms=web_ms or native_ms or 1.0,
        timer_step_us=max(step_us, native_seen.timer_step_us if native_seen else 0.0),
        deadline_s=LONGEST_VISIT_S,
    )
    expected = {
        step.rung.id: _expected_s(step, first, native_ms or 1.0, web_ms or 1.0, pace)
        for step in steps
        if step.refusal is None and step.alias_of is None
    }
    longest = max(expected.values(), default=1.0)
    thrifty_s = (THRIFTY_REQUESTS + 2) * (web_ms or native_ms or 1.0) / 1e3
    deadline = max(SHORTEST_DEADLINE_S, min(LONGEST_VISIT_S, 10 * longest), 2 * thrifty_s)
    return Preflight(
        page_threads=page_threads,
        page_seen=page_seen,
        native_seen=native_seen,
        pace=replace(pace, deadline_s=deadline),
        ladder=steps,
        estimated_isa_ratio=estimate.ratio,
        estimated_isa_by_round=estimate.by_round,
        estimated_isa_why=estimate.why,
        expected_trial_s=expected,
    )


def _between_the_ends(steps: tuple[PlannedRung, ...]) -> dict[str, str]:
    """Main rungs that nobody asked for; those that the ends share trials with stay."""
    shared = {step.alias_of or step.rung.id for step in steps if step.rung.id in ENDS_RUNGS}
    between = (step.rung.id for step in steps if step.rung.role != "side" and step.rung.id not in shared)
    return dict.fromkeys(between, "not asked for")


def _planned(step: PlannedRung, wanted: frozenset[str]) -> bool:
    return step.rung.role != "side" or step.rung.id in wanted


def _failed_sides(first: FirstLook, steps: tuple[PlannedRung, ...]) -> dict[str, str]:
    """What a failed first visit takes with it, its whole side, and what a missing common graph does."""
    reasons: dict[str, str] = dict(first.unusable)
    if first.no_calls is not None:
        replays = (step.rung.id for step in steps if step.rung.environment.backend in ("dawn", "web-replay"))
        reasons |= dict.fromkeys(replays, f"there is nothing to replay: {first.no_calls}")
    if first.no_common_graph is not None:
        common = (step.rung.id for step in steps if step.rung.environment.graph == "common")
        reasons |= dict.fromkeys(common, first.no_common_graph)
    for failure, native in ((first.native, True), (first.page, False)):
        if isinstance(failure, Failure):
            reasons |= {
                step.rung.id: failure.message
                for step in steps
                if (step.rung.environment.backend == "native") == native
            }
    return reasons


def _without_effect(steps: tuple[PlannedRung, ...], prover: Prover) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for step in steps:
        visited = step.planned and step.refusal is None and step.alias_of is None
        why = prover(step.setting) if visited and step.setting is not None else None
        if why is not None:
            reasons[step.rung.id] = why
    return reasons


def _latency_ms(outcome: Trial | Failure) -> float | None:
    if isinstance(outcome, Failure):
        return None
    values = sorted(outcome.samples_ms or outcome.requests_ms)
    return values[len(values) // 2] if values else None


def _single_run_ms(outcome: Trial | Failure) -> float | None:
    """From the last runs of the warm-up: a paced visit's own figure holds what events add to a short run."""
    runs = outcome.warmup_ms[-5:] if isinstance(outcome, Trial) else ()
    return statistics.median(runs) if runs else None


def _expected_s(step: PlannedRung, first: FirstLook, native_ms: float, web_ms: float, pace: Pace) -> float:
    native = step.rung.environment.backend == "native"
    visit = first.native if native else first.page
    latency_ms = native_ms if native else web_ms
    timed_s = 4 * latency_ms / 1e3
    start_s = max(0.3, visit.ended_s - visit.started_s - timed_s)
    pace = replace(pace, stretch_ms=pace.native_stretch_ms) if native else pace
    return trial_s(
        pace, latency_ms=latency_ms, start_s=start_s, paced=step.rung.environment.pacing == "paced"
    )


def _estimate(steps: tuple[PlannedRung, ...]) -> IsaRatio:
    """Only where no instruction ceiling works is the width estimated from GEMM ratios."""
    capped = next((step for step in steps if step.rung.id == "native-128"), None)
    if capped is None or capped.refusal is None or capped.rung.environment.backend != "native":
        return NO_ESTIMATE
    return measured_isa_ratio(deadline_s=ESTIMATE_DEADLINE_S)
