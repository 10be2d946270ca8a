"""The same wasm outside any page, in Node: two factors of the gap, the engine's and the page's. Pure."""

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.ladder import begins_late, ends
from gapprof.facts.profiles import WEB
from gapprof.facts.readings import read, readable
from gapprof.records.report import Evidence
from gapprof.text import numbers

NODE = "engine"


def outside_told(case: Case) -> tuple[Evidence, ...]:
    """Both factors in one sentence; their product is the gap. Empty where Node did not run.

    Node and the browser's worker were visited in rounds of their own: what they have in common cancels there.
    """
    first, last = case.get(ends)
    if case.get(begins_late) or not readable(case, NODE, WEB):
        return ()
    around = read(case, {NODE: -1.0, WEB: 1.0})
    before, after = read(case, {first: -1.0, WEB: 1.0}), read(case, {WEB: -1.0, last: 1.0})
    without = read(case, {WEB: -1.0, NODE: 1.0})
    if around is None or before is None or after is None or without is None:
        return ()
    engine, page = factor_of(before, without), factor_of(around, after)
    unclear = ", which is unclear: its interval holds 1" if page.side_of_one == "unclear" else ""
    text = (
        f"Outside any page, in Node, the same wasm takes {numbers.factor_with_interval(engine)} what native "
        f"takes; the browser and the page around it take {numbers.factor_with_interval(page)} that{unclear}."
    )
    return (Evidence(kind="outside", text=text, value=page.point),)
