"""What measured side rungs say about a cause, in their own words."""

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor
from gapprof.facts.ladder import planned
from gapprof.facts.readings import readable, same_trials
from gapprof.records.report import Evidence
from gapprof.text import numbers


def told_by_side_rungs(case: Case, cause: str) -> tuple[Evidence, ...]:
    """One piece of evidence per side rung that informs this cause, has words and was measured."""
    found: list[Evidence] = []
    for rung, step in case.get(planned).items():
        parent, told = step.rung.derived_from, step.rung.told
        if step.rung.informs != cause or told is None or parent is None or same_trials(case, parent, rung):
            continue
        source, to = (rung, parent) if told.inverse else (parent, rung)
        cost = factor(case, source, to) if readable(case, source, to) else None
        if cost is not None:
            text = f"{told.words} {numbers.factor_with_interval(cost)}."
            found.append(Evidence(kind="side-rung", text=text, value=cost.point))
    return tuple(found)
