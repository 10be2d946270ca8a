"""Every side rung that was measured, read as a change."""

from gapprof.explain.outputs import wrong_outputs
from gapprof.explain.switches import SWITCHES, judged, measured_over_predicted, predicted_ms, to_verify
from gapprof.facts.case import Case
from gapprof.facts.computed import VECTORISED
from gapprof.facts.estimates import factor, latency_ms
from gapprof.facts.ladder import planned
from gapprof.facts.steps import why_not
from gapprof.records.estimate import Estimate
from gapprof.records.report import WhatIf


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
        against, ratio = factor(case, parent, rung), measured_over_predicted(case, rung)
        predicted = predicted_ms(case, rung)
        saves = rung in case.get(to_verify) and rung not in wrong_outputs(case)
        found.append(
            WhatIf(
                change=step.rung.title,
                rung=rung,
                predicted_ms=predicted,
                measured_ms=measured,
                factor=against,
                why=_why(case, rung, parent, against) or ("" if predicted else _unpredicted(rung)),
                ratio=ratio,
                prediction=judged(ratio) if ratio and saves else None,
            )
        )
    return tuple(found)


def _unpredicted(rung: str) -> str:
    if rung not in SWITCHES:
        return "no step of the ladder predicts it"
    if SWITCHES[rung].source == VECTORISED:
        return (
            "it is predicted for a build without SIMD alone, by what that gave onnxruntime-web 1.18 where "
            "both of its builds were measured"
        )
    return f"what predicts it, {SWITCHES[rung].source}, was not measured; --verify does"


def _why(case: Case, rung: str, parent: str, against: Estimate | None) -> str:
    if against is None:
        return why_not(case, parent, rung)
    if rung in wrong_outputs(case):
        return "its outputs differ from the reference, so its time proves nothing"
    return ""
