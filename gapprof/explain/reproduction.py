"""Which conditions give the latency that a user saw: alone, or several at once, their factors multiplied."""

import math
from collections.abc import Iterator
from itertools import combinations

from gapprof.facts.case import Case
from gapprof.facts.conditions import Condition, conditions, steady
from gapprof.facts.estimates import factor_of
from gapprof.records.report import Estimate, Reproduced, Reproduction

_NEAR = 0.05
"""What is as near as this counts as the same, however narrow the interval."""
_MOST_AT_ONCE = 3
_MOST_COMBINED = 3


def reproduction(case: Case) -> Reproduction | None:
    """None where nobody said what was seen, or nothing was measured that could be held against it."""
    observed_ms, base = case.recording.begin.settings.observed_ms, steady(case)
    if observed_ms is None or base is None:
        return None
    known = case.get(conditions)

    def row(chosen: tuple[Condition, ...]) -> Reproduced:
        ms = factor_of(base, *(one.times for one in chosen))
        return Reproduced(
            conditions=tuple(one.title for one in chosen),
            ms=ms,
            times=observed_ms / ms.point,
            holds=_holds(observed_ms, ms),
        )

    alone = [row(()), *(row((one,)) for one in known)]
    combined: list[Reproduced] = []
    if not any(one.holds for one in alone):
        found = [one for one in map(row, _combined(known)) if one.holds]
        combined = sorted(found, key=lambda one: (len(one.conditions), _distance(one)))[:_MOST_COMBINED]
    return Reproduction(observed_ms=observed_ms, rows=(*alone, *combined))


def _combined(known: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    for count in range(2, min(_MOST_AT_ONCE, len(known)) + 1):
        for chosen in combinations(known, count):
            ids = {one.id for one in chosen}
            if not any(one.excludes & ids for one in chosen):
                yield chosen


def _holds(observed_ms: float, ms: Estimate) -> bool:
    return ms.low <= observed_ms <= ms.high or abs(observed_ms / ms.point - 1) <= _NEAR


def _distance(one: Reproduced) -> float:
    return abs(math.log(one.times))
