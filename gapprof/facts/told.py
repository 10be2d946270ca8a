"""What measured side rungs say about a cause, in their own words."""

from collections.abc import Iterator

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor
from gapprof.facts.ladder import planned
from gapprof.facts.readings import readable, same_trials
from gapprof.records.estimate import Estimate
from gapprof.records.report import Evidence
from gapprof.text import numbers


def told_by_side_rungs(case: Case, cause: str) -> tuple[Evidence, ...]:
    """One piece of evidence per side rung that informs this cause, has words and was measured."""
    return tuple(
        Evidence(kind="side-rung", text=f"{words} {numbers.factor_with_interval(cost)}.", value=cost.point)
        for words, cost in _measured(case, cause)
    )


def resolved_by_side_rungs(case: Case, cause: str) -> tuple[Evidence, ...]:
    """The same, where a difference whose interval holds 1 is not told as one, and has no value."""
    return tuple(
        Evidence(
            kind="side-rung",
            text=f"{words} {told_with_doubt(cost)}.",
            value=cost.point if cost.side_of_one != "unclear" else None,
        )
        for words, cost in _measured(case, cause)
    )


def told_with_doubt(cost: Estimate) -> str:
    """A factor with its interval, and that it is none where that holds 1."""
    told = numbers.factor_with_interval(cost)
    if cost.side_of_one != "unclear":
        return told
    why = "its interval holds 1" if cost.rounds > 1 else "one round alone has no interval"
    return f"{told}, which is unclear: {why}"


def _measured(case: Case, cause: str) -> Iterator[tuple[str, Estimate]]:
    for rung, step in case.get(planned).items():
        parent, told = step.rung.derived_from, step.rung.told
        if step.rung.informs != cause or told is None or parent is None or same_trials(case, parent, rung):
            continue
        source, to = (rung, parent) if told.inverse else (parent, rung)
        cost = factor(case, source, to) if readable(case, source, to) else None
        if cost is not None:
            yield told.words, cost
