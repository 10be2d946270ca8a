"""What was seen inside the served wasm, in words, as evidence for causes."""

from collections.abc import Mapping
from statistics import fmean

from gapprof.facts.case import Case
from gapprof.facts.inside import (
    MULTIPLY_ADD,
    RELAXED_DOT,
    RELAXED_MULTIPLY_ADD,
    FunctionFigures,
    inside,
    relaxed_dots,
)
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

_MOST = 4
_LEAST_SHARE = 0.05
"""Of the samples: functions that hold less are in the report's table."""
_ALL = 0.995
_NEARLY = 0.99
_NAMED = 2


def hot_functions_told(case: Case) -> tuple[Evidence, ...]:
    """One sentence per function that holds much of the time; none where hooks cost as much as it took."""
    found = case.get(inside)
    if found is None:
        return ()
    hot = [one for one in found.functions if one.sampled >= _LEAST_SHARE and fmean(one.own_ms) > 0][:_MOST]
    return tuple(Evidence(kind="inside", text=_told(one), value=one.sampled) for one in hot)


def relaxed_dot_told(case: Case) -> tuple[Evidence, ...]:
    """Whether relaxed dot products are held, whether the browser has them, and what they could save at
    most."""
    found = case.get(inside)
    if found is None:
        return ()
    held = relaxed_dots(found.build)
    if held:
        return (Evidence(kind="inside", text=f"This build holds {held} relaxed dot products.", value=held),)
    if not found.build.browser.get("relaxed-dot", False):
        text = "This build holds no relaxed dot product, and this browser has none."
        return (Evidence(kind="inside", text=text),)
    saving_ms = found.relaxed_dot_saving_ms
    lead = "This build holds no relaxed dot product; your browser has it."
    if saving_ms is None:
        return (Evidence(kind="inside", text=lead),)
    if saving_ms > 0:
        rate = numbers.count(found.operations_per_s[RELAXED_DOT])
        bound = (
            f"With it the nodes that multiply bytes could take at most {numbers.ms(saving_ms)} less: what is "
            f"left is their arithmetic at {rate} operations a second in each thread, as fast as it was seen "
            "to go here."
        )
    else:
        bound = (
            "It would save nothing: no node of this model multiplies bytes, or none takes longer than that."
        )
    return (Evidence(kind="inside", text=f"{lead} {bound}", value=saving_ms),)


def relaxed_madd_told(case: Case) -> tuple[Evidence, ...]:
    """How much faster a relaxed multiply-add is in registers than what the build holds."""
    found = case.get(inside)
    rates = found.operations_per_s if found is not None else {}
    if found is None or RELAXED_MULTIPLY_ADD not in rates or MULTIPLY_ADD not in rates:
        return ()
    if any("relaxed_madd" in name for name in found.build.instructions):
        return ()
    ratio = rates[RELAXED_MULTIPLY_ADD] / rates[MULTIPLY_ADD]
    text = (
        "This build holds no relaxed multiply-add; your browser has it, and in registers it does "
        f"{numbers.factor(ratio)} as much a second as a multiplication and an addition."
    )
    return (Evidence(kind="inside", text=text, value=ratio),)


def _told(one: FunctionFigures) -> str:
    whole_ms, own_ms = fmean(one.ms), fmean(one.own_ms)
    apart = " without other hot functions" if own_ms < _NEARLY * whole_ms else ""
    return (
        f"In one thread, under the profiler, function {one.function} of the wasm takes "
        f"{numbers.ms(own_ms)} of a run{apart}, in {_calls(one.calls)}{_where(one.operators)}; "
        f"{numbers.percent(one.sampled)} of the samples fell into it."
    )


def _calls(count: float) -> str:
    return "one call" if count == 1 else f"{numbers.plain(count, 0)} calls"


def _where(operators: Mapping[str, float]) -> str:
    if not operators:
        return ""
    first, share = next(iter(operators.items()))
    if share >= _ALL:
        return f", all of it in {harmless(first, 40)}"
    named = [f"{numbers.percent(part)} in {harmless(name, 40)}" for name, part in operators.items()]
    return f", {' and '.join(named[:_NAMED])}"
