"""What a study that was stopped had seen of the model that it was at, in words."""

from gapprof.facts.case import Case
from gapprof.facts.cells import figure_ms
from gapprof.facts.estimates import latency_ms
from gapprof.facts.ladder import NATIVE, WEB, target
from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from gapprof.text import numbers

_PLACES = {WEB: "in the browser", NATIVE: "natively"}


def so_far(recording: Recording) -> str:
    """How long it had been measured, and what a run took where any were; empty: for no time at all."""
    ends_s = [trial.ended_s for trial in recording.of(Trial)]
    took_s = max([*ends_s, recording.end.at_s if recording.end is not None else 0.0])
    if not took_s:
        return ""
    case = Case(recording)
    found = {place: _run_ms(case, rung) for rung, place in _PLACES.items()}
    seen = [f"{numbers.ms(run_ms)} {place}" for place, run_ms in found.items() if run_ms is not None]
    until = f"; by then a run took {' and '.join(seen)}" if seen else ""
    return f"it was stopped after {numbers.duration(took_s)}{until}"


def _run_ms(case: Case, rung: str) -> float | None:
    """As a report has it; before its first round, in the visit that looked whether it runs."""
    counted = latency_ms(case, rung)
    if counted is not None:
        return counted.point
    names = (rung, target(case, rung))
    first = (figure_ms(trial) for trial in case.recording.of(Trial) if trial.rung in names)
    return next((ms for ms in first if ms is not None), None)
