"""Ratios and medians of times by round, with their intervals. Pure."""

import math
from statistics import median

from gapprof.facts.estimates import factor_of
from gapprof.facts.twins import ByRound
from gapprof.records.estimate import Estimate
from gapprof.stats.contrast import Contrast


def log_ratio(over: ByRound, under: ByRound) -> Contrast | None:
    """ln of how many times more, over the rounds that both have; None below two rounds, or for what is no
    time.
    """
    shared = sorted(over.keys() & under.keys())
    if len(shared) < 2 or any(over[number] <= 0 or under[number] <= 0 for number in shared):
        return None
    return Contrast({number: math.log(over[number] / under[number]) for number in shared})


def ratio(over: ByRound, under: ByRound) -> Estimate | None:
    """How many times more; None as for `log_ratio`."""
    logs = log_ratio(over, under)
    return factor_of(logs) if logs is not None else None


def middle(by_round: ByRound) -> float | None:
    """The median over rounds."""
    return median(by_round.values()) if by_round else None
