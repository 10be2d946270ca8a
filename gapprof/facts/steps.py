"""Parts of a cause from steps of the ladder, or the reason why a step cannot be read."""

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.claim import Part, Step
from gapprof.facts.computed import computed
from gapprof.facts.contention import QUIET
from gapprof.facts.ladder import planned
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.facts.profiles import NATIVE, WEB
from gapprof.facts.readings import chain, latencies, order, readable
from gapprof.records.trial import Failure


def part(
    case: Case, source: str, to: str, *, child: str, title: str, phrase: str = "", advice: str = ""
) -> Part:
    """A child that reads one step; without steps, and with the reason, where it cannot be read."""
    if readable(case, source, to):
        return Part(id=child, title=title, phrase=phrase, advice=advice, steps=(Step(source=source, to=to),))
    return Part(id=child, title=title, phrase=phrase, advice=advice, why=why_not(case, source, to))


def before_the_page(case: Case) -> str:
    """Where the page's own step begins: behind what load from outside the browser adds, if there was any."""
    return OUTSIDE if OUTSIDE in case.get(computed) else QUIET


def why_not(case: Case, source: str, to: str) -> str:
    """Why the step between two rungs has no reading, in one sentence without a full stop."""
    missing = [rung for rung in (source, to) if rung not in case.get(latencies)]
    if missing:
        return "; ".join(f"{rung}: {absence(case, rung)}" for rung in missing)
    line = case.get(chain)
    if not case.get(complete_rounds):
        return "steps are read over rounds with figures of both sides, and there are none"
    fallen = [rung for rung in (source, to) if rung in case.get(order) and rung not in line]
    if fallen:
        return f"{fallen[0]} failed in most rounds and left the ladder"
    return f"no round has both {source} and {to}"


def _not_computed(case: Case) -> str:
    """Of a rung that is computed from the profiles of others: what is missing of them."""
    steps, there = case.get(planned), case.get(latencies)
    gone = next((rung for rung in (NATIVE, WEB) if rung in steps and rung not in there), None)
    if gone is not None:
        return f"it is computed from {gone}, and {absence(case, gone)}"
    return "could not be computed, a profile is missing"


def absence(case: Case, rung: str) -> str:
    """Why a rung has no latency."""
    steps = case.get(planned)
    if not steps:
        return "the run ended before it came to that"
    step = steps.get(rung)
    if step is None:
        return _not_computed(case)
    if step.refusal is not None:
        return step.refusal
    if not step.planned:
        return "not part of this run"
    shared, side = step.alias_of or rung, step.rung.role == "side"
    failures = [entry for entry in case.recording.of(Failure) if entry.rung == shared and entry.round >= 0]
    if failures:
        return f"failed: {failures[-1].message}"
    return (
        f"the budget left no time for it; --rungs {rung} measures it" if side else "not measured in this run"
    )
