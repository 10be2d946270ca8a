"""Every side rung that was measured, read as a change."""

from typing import Literal

from gapprof.explain.outputs import wrong_outputs
from gapprof.explain.switches import (
    SWITCHES,
    judged,
    measured_over_predicted,
    predicted_ms,
    predicts_itself,
    to_verify,
    unforeseen,
)
from gapprof.facts.case import Case
from gapprof.facts.computed import VECTORISED
from gapprof.facts.estimates import factor, latency_ms
from gapprof.facts.ladder import planned
from gapprof.facts.steps import why_not
from gapprof.records.estimate import Estimate
from gapprof.records.report import WhatIf
from gapprof.stats.verdict import simultaneous_level


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
        against, predicted = factor(case, parent, rung), predicted_ms(case, rung)
        found.append(
            WhatIf(
                change=step.rung.title,
                rung=rung,
                predicted_ms=predicted,
                measured_ms=measured,
                factor=against,
                why=_why(case, rung, parent, against) or _of_the_prediction(case, rung, predicted),
                ratio=measured_over_predicted(case, rung),
                prediction=_came_true(case, rung),
            )
        )
    return tuple(found)


def _came_true(case: Case, rung: str) -> Literal["holds", "fails"] | None:
    """None where no saving was predicted, or nothing was measured that would prove one."""
    tested = case.get(_tested)
    ratio = measured_over_predicted(case, rung, simultaneous_level(len(tested))) if rung in tested else None
    return judged(ratio) if ratio else None


def _tested(case: Case) -> tuple[str, ...]:
    """Changes that were predicted to save and then measured: all of them are judged at once."""
    return tuple(
        rung
        for rung in case.get(to_verify)
        if rung not in wrong_outputs(case) and measured_over_predicted(case, rung) is not None
    )


def _of_the_prediction(case: Case, rung: str, predicted: Estimate | None) -> str:
    if predicted is None:
        return _unpredicted(case, rung)
    if predicts_itself(case, rung):
        return "on this page what predicts it has the same settings, so only what visits differ by is tested"
    return ""


def _unpredicted(case: Case, rung: str) -> str:
    if rung not in SWITCHES:
        return "no step of the ladder predicts it"
    if unforeseen(case, rung):
        return "a worker is also out of the way of what the page does, and no step says what that gives"
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
