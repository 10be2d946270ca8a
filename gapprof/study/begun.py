"""What a study that was stopped had seen of the model that it was at, in words."""

from statistics import median

from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from gapprof.text import numbers

_PLACES = {"web": "in the browser", "native": "natively"}


def so_far(recording: Recording) -> str:
    """How long it had been measured, and what a run took where any were; empty: for no time at all."""
    ends_s = [trial.ended_s for trial in recording.of(Trial)]
    took_s = max([*ends_s, recording.end.at_s if recording.end is not None else 0.0])
    if not took_s:
        return ""
    seen = [
        f"{numbers.ms(median(ms))} {place}"
        for rung, place in _PLACES.items()
        if (ms := _took(recording, rung))
    ]
    until = f"; by then a run took {' and '.join(seen)}" if seen else ""
    return f"it was stopped after {numbers.duration(took_s)}{until}"


def _took(recording: Recording, rung: str) -> list[float]:
    """Milliseconds of every run: of the page's from request to result, as a gap is told."""
    trials = [trial for trial in recording.of(Trial) if trial.rung == rung]
    return [ms for trial in trials for ms in trial.requests_ms or trial.samples_ms]
