"""Which conditions give the latency that a user saw: alone, or several at once.

Of several the factors are multiplied; those that fit best are then made all at once, and measured.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.conditions import STUDY, Condition, conditions, made_together, not_measured, steady
from gapprof.facts.estimates import factor_of
from gapprof.records.estimate import Estimate
from gapprof.records.lattice import CellVisit, Combination
from gapprof.records.sections.observed import Reproduced, Reproduction
from gapprof.records.trial import Failure, Trial
from gapprof.stats.contrast import Contrast

_NEAR = 0.05
"""What is as near as this counts as the same, however wide or narrow the interval."""
_TELLING = 1.5
"""High over low: a wider interval holds nearly everything."""
_MOST_AT_ONCE = 3
_MOST_COMBINED = 3
_Choice = tuple[Condition, ...]


def reproduction(case: Case) -> Reproduction | None:
    """None where nobody said what was seen, or nothing was measured that could be held against it."""
    observed_ms, base = case.recording.begin.settings.observed_ms, steady(case)
    if observed_ms is None or base is None:
        return None
    alone = [((), _row(observed_ms, base, ())), *_single(case, observed_ms, base)]
    combined = _several(case, observed_ms, base)
    plan = next(case.recording.of(Combination), None)
    made = tuple(one for one in case.get(conditions) if plan is not None and one.id in plan.conditions)
    # Before 1.13 an open DevTools was made by a V8 flag: no condition of today's stands for that one.
    if plan is not None and len(made) == len(plan.conditions):
        if all(choice != made for choice, _ in combined):
            combined.append((made, _row(observed_ms, base, made)))
        combined = [
            (choice, _with_measurement(case, plan, row, base, observed_ms) if choice == made else row)
            for choice, row in combined
        ]
    return Reproduction(
        observed_ms=observed_ms,
        rows=tuple(row for _, row in (*alone, *combined)),
        not_measured=case.get(not_measured),
    )


def to_make(case: Case) -> tuple[str, ...]:
    """Conditions, by id, whose product fits best: the fewest that hold, else the nearest.

    Empty where one alone gives what was seen, or where the page as deployed does, and where one alone is
    nearest.
    """
    observed_ms, base = case.recording.begin.settings.observed_ms, steady(case)
    if observed_ms is None or base is None:
        return ()
    found = _several(case, observed_ms, base)
    return tuple(one.id for one in found[0][0]) if found else ()


def _single(case: Case, observed_ms: float, base: Contrast) -> list[tuple[_Choice, Reproduced]]:
    return [((one,), _row(observed_ms, base, (one,))) for one in case.get(conditions)]


def _several(case: Case, observed_ms: float, base: Contrast) -> list[tuple[_Choice, Reproduced]]:
    """Those that hold where none alone does, the fewest conditions first; else the one that is nearest.

    Of what holds none holds another one that does: a condition that changes nothing explains nothing.
    """
    alone = [((), _row(observed_ms, base, ())), *_single(case, observed_ms, base)]
    if any(row.verdict == "holds" for _, row in alone):
        return []
    found = [(choice, _row(observed_ms, base, choice)) for choice in _combined(case.get(conditions))]
    found.sort(key=lambda item: (len(item[0]), _distance(item[1])))
    holding: list[tuple[_Choice, Reproduced]] = []
    for choice, row in found:
        more_than_enough = any({one.id for one in fewer} < {one.id for one in choice} for fewer, _ in holding)
        if row.verdict == "holds" and not more_than_enough:
            holding.append((choice, row))
    nearest = min((*alone, *found), key=lambda item: _distance(item[1]))
    return holding[:_MOST_COMBINED] or ([nearest] if len(nearest[0]) > 1 else [])


def _row(observed_ms: float, base: Contrast, chosen: _Choice) -> Reproduced:
    ms = factor_of(base, *(one.times for one in chosen))
    return Reproduced(
        conditions=tuple(one.title for one in chosen),
        ms=ms,
        times=observed_ms / ms.point,
        verdict=_verdict(observed_ms, ms),
    )


def _with_measurement(
    case: Case, plan: Combination, row: Reproduced, base: Contrast, observed_ms: float
) -> Reproduced:
    """What all conditions at once were measured to give, or why nothing was."""
    times = made_together(case, plan)
    if times is None:
        return replace(row, why_not_measured=plan.refusal or _last_word(case, plan))
    ms = factor_of(base, times)
    return replace(
        row,
        measured_ms=ms,
        measured_times=observed_ms / ms.point,
        measured_verdict=_verdict(observed_ms, ms),
    )


def _last_word(case: Case, plan: Combination) -> str:
    """Of its visits, none of which counts."""
    visits = [one for one in case.recording.of(CellVisit) if one.study == STUDY and one.cell == plan.together]
    match visits[-1].outcome if visits else None:
        case Failure() as failure:
            return failure.message
        case Trial() as trial:
            return "; ".join(trial.struck) or "the page as deployed gave no figure beside it"
        case None:
            return "it was not visited"


def _combined(known: Sequence[Condition]) -> Iterator[_Choice]:
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
