"""Every side rung that was measured, read as a change."""

from gapprof.explain.outputs import wrong_outputs
from gapprof.facts.case import Case
from gapprof.facts.estimates import factor, latency_ms, without_ms
from gapprof.facts.ladder import planned, target
from gapprof.facts.readings import read
from gapprof.facts.steps import why_not
from gapprof.records.report import Estimate, WhatIf

_THREADS = frozenset({"web-isolated", "web-threads"})


def what_ifs(case: Case) -> tuple[WhatIf, ...]:
    """`factor` is the rung over its parent. Aliases and refusals are rungs, but no what-ifs."""
    found = []
    for rung, step in case.get(planned).items():
        parent = step.rung.derived_from
        if step.rung.role != "side" or step.alias_of or parent is None:
            continue
        measured = latency_ms(case, rung)
        if measured is None:
            continue
        against = factor(case, parent, rung)
        found.append(
            WhatIf(
                change=step.rung.title,
                rung=rung,
                predicted_ms=_predicted(case, rung),
                measured_ms=measured,
                factor=against,
                why=_why(case, rung, parent, against),
            )
        )
    return tuple(found)


def _predicted(case: Case, rung: str) -> Estimate | None:
    """What native's threads contrast says the page would take with every core: a prediction that can fail."""
    if rung not in _THREADS or target(case, rung) == target(case, "web"):
        return None
    gain = read(case, {"native": -1.0, "native-threads": 1.0})
    return without_ms(case, gain) if gain else None


def _why(case: Case, rung: str, parent: str, against: Estimate | None) -> str:
    if against is None:
        return why_not(case, parent, rung)
    if rung in wrong_outputs(case):
        return "its outputs differ from the reference, so its time proves nothing"
    return ""
