"""What lies in the residual: which steps of the ladder no cause claims, and what is merged in them."""

from collections.abc import Mapping

from gapprof.explain.diagnosis import CAUSES, Diagnosis
from gapprof.facts.case import Case
from gapprof.facts.computed import computed
from gapprof.facts.contention import QUIET
from gapprof.facts.ladder import planned
from gapprof.facts.outside_told import taken_beyond_quiet_ms, taken_told
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.facts.readings import latencies, order, read
from gapprof.facts.split import split
from gapprof.facts.steps import absence
from gapprof.facts.twinned import SUITED
from gapprof.facts.twins import WEB_TARGETS
from gapprof.records.twins import TwinTrial
from gapprof.stats.contrast import Contrast

_DUST = 1e-9
_NOTHING = "every step of the ladder is claimed by a cause"
_SCHEDULES = "loops of ours that suit the engine, against those that suit native code"
_NOT_TUNED_NATIVELY = (
    "native twins had the browser's schedules; what these cost natively is in the encoding and in library"
)
_BY_TWINS = {"library", "runtime"}
"""What twin kernels tell apart."""


def residual_why(case: Case, diagnosis: Diagnosis) -> str:
    """One clause per unclaimed step: from where to where, what is merged there, what was missing."""
    steps = unclaimed(case, diagnosis.residual_weights)
    clauses = [_clause(case, source, to) for source, to in steps] or [_NOTHING]
    parts = case.get(split)
    if parts is not None and not parts.tuned_natively:
        clauses.append(_NOT_TUNED_NATIVELY)
    return "; ".join(clauses)


def unclaimed(case: Case, weights: Mapping[str, float]) -> list[tuple[str, str]]:
    """The residual's weight vector as steps along the ladder: where its running sum is not 0."""
    steps: list[tuple[str, str]] = []
    flow, source = 0.0, ""
    for rung in case.get(order):
        weight = weights.get(rung, 0.0)
        if abs(weight) <= _DUST:
            continue
        if abs(flow) > _DUST:
            steps.append((source, rung))
        flow, source = flow + weight, rung
    return steps


def _clause(case: Case, source: str, to: str) -> str:
    names = _merged(case, source, to)
    held = [_SCHEDULES] if _holds(case, SUITED, source, to) else []
    if names:
        held += [f"{_and(names)}, not separated{_hint(case) if set(names) == _BY_TWINS else ''}"]
    if _holds(case, OUTSIDE, source, to):
        held += [f"load from outside the browser, {taken_told(taken_beyond_quiet_ms(case) or 0.0)}"]
    text = f"{source} → {to}: {', and '.join(held)}" if held else f"{source} → {to}"
    missing = [
        f"{rung} {reason}"
        for rung in _between(case, source, to)
        if rung not in case.get(latencies) and rung not in case.get(computed)
        if (reason := _reason(case, rung))
    ]
    return f"{text} ({'; '.join(missing)})" if missing else text


def outside_part(case: Case, diagnosis: Diagnosis) -> Contrast | None:
    """The part of the residual that load from outside the browser is; None where there was none."""
    lies_in_it = diagnosis.residual is not None and OUTSIDE in case.get(computed)
    return read(case, {QUIET: -1.0, OUTSIDE: 1.0}) if lies_in_it else None


def _holds(case: Case, rung: str, source: str, to: str) -> bool:
    """Whether a computed rung that is there lies in that step, or at its end."""
    places = {rung: place for place, rung in enumerate(case.get(order))}
    return rung in case.get(computed) and places[source] < places[rung] <= places[to]


def _hint(case: Case) -> str:
    """How it could be told apart, or why it was not; empty where twins of both sides do not say."""
    if case.get(split) is not None:
        return ": operators without a twin"
    if not case.recording.begin.settings.twins:
        return " yet (--twins does it)"
    timed = {trial.target for trial in case.recording.of(TwinTrial) if trial.round >= 0}
    if timed and timed <= set(WEB_TARGETS):
        return ": --twins had no native twins to compare with, which need llvmlite (see `gapprof doctor`)"
    return "" if timed else ": --twins timed nothing here"


def _merged(case: Case, source: str, to: str) -> list[str]:
    places = {rung: place for place, rung in enumerate(case.get(order))}
    begin, end = places[source], places[to]
    names = [
        span.name
        for cause in CAUSES.values()
        for span in cause.spans
        if span.source in places and span.to in places
        if places[span.source] < end and places[span.to] > begin
    ]
    return sorted(set(names), key=lambda name: (name != "runtime", name))


def _between(case: Case, source: str, to: str) -> tuple[str, ...]:
    line = case.get(order)
    return line[line.index(source) + 1 : line.index(to)]


def _reason(case: Case, rung: str) -> str:
    """Why a measured rung is missing; computed rungs that are absent were simply not needed."""
    return f"({absence(case, rung)})" if rung in case.get(planned) else ""


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
