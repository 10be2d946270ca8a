"""Which conditions give the latency that a user saw: alone, or several at once, their factors multiplied."""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.conditions import Condition, conditions, not_measured, steady
from gapprof.facts.estimates import factor_of
from gapprof.records.estimate import Estimate
from gapprof.records.sections.observed import Reproduced, Reproduction

_NEAR = 0.05
"""What is as near as this counts as the same, however wide or narrow the interval."""
_TELLING = 1.5
"""High over low: a wider interval holds nearly everything."""
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
            verdict=_verdict(observed_ms, ms),
        )

    alone = [row(()), *(row((one,)) for one in known)]
    combined: list[Reproduced] = []
    if not any(one.verdict == "holds" for one in alone):
        found = sorted(map(row, _combined(known)), key=lambda one: (len(one.conditions), _distance(one)))
        combined = [one for one in found if one.verdict == "holds"][:_MOST_COMBINED]
        nearest = min((*alone, *found), key=_distance)
        if not combined and nearest not in alone:
            combined = [nearest]
    return Reproduction(
        observed_ms=observed_ms, rows=(*alone, *combined), not_measured=case.get(not_measured)
    )


def _combined(known: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    for count in range(2, min(_MOST_AT_ONCE, len(known)) + 1):
        for chosen in combinations(known, count):
            ids = {one.id for one in chosen}
            if not any(one.excludes & ids for one in chosen):
                yield chosen


def _verdict(observed_ms: float, ms: Estimate) -> Literal["holds", "no", "unclear"]:
    if abs(observed_ms / ms.point - 1) <= _NEAR:
        return "holds"
    if not ms.low <= observed_ms <= ms.high:
        return "no"
    return "holds" if ms.high <= _TELLING * ms.low else "unclear"


def _distance(one: Reproduced) -> float:
    return abs(math.log(one.times))
