"""Launches in which the same code ran slower from one depth of the stack than from others."""

from dataclasses import dataclass
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.cells import by_way, counting, unlucky_way
from gapprof.records.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Paced trials with an unlucky way, of how many, and by how much the worst was slower."""

    unlucky: int
    trials: int
    worst: float


def stack_luck(case: Case) -> Luck | None:
    """None where no trial had a way that was slower throughout."""
    trials = [trial for trial in case.get(counting) if trial.ways > 1 and trial.requests_ms]
    factors = [factor for trial in trials if (factor := _slower(trial)) is not None]
    return Luck(unlucky=len(factors), trials=len(trials), worst=max(factors)) if factors else None


def _slower(trial: Trial) -> float | None:
    unlucky, ways = unlucky_way(trial), by_way(trial)
    if unlucky is None:
        return None
    return median(ways[unlucky]) / median(
        ms for way, part in enumerate(ways) if way != unlucky for ms in part
    )
