"""At which node what the browser computes parts from what native computes. Pure."""

from gapprof.facts.agreement import agrees
from gapprof.facts.case import Case
from gapprof.records.parting import Between, Parting
from gapprof.text import numbers
from gapprof.text.names import harmless

_NAME, _REASON = 60, 160


def parting(case: Case) -> Parting | None:
    """What was looked at; None where outputs agree, and where nobody looked."""
    return next(case.recording.of(Parting), None)


def first_apart(told: Parting) -> Between | None:
    """What does not agree although all that it was made from does; None where that was not come upon."""
    same = {one.check.output for one in told.between if agrees(one.check)}
    apart = (one for one in told.between if not agrees(one.check) and same.issuperset(one.given))
    return min(apart, key=_place, default=None)


def parted_told(case: Case) -> str:
    """A clause on where it begins; empty where nobody looked."""
    told = case.get(parting)
    if told is None:
        return ""
    found = first_apart(told)
    if found is not None:
        before = (
            f"what it is given agrees with {told.reference}'s" if found.given else "no other comes before"
        )
        return f"they part first at {called(found)}, whose result does not agree{_angle(found)}: {before}"
    nearest = min((one for one in told.between if not agrees(one.check)), key=_place, default=None)
    if told.healed:
        at = f" that end in {called(nearest)}" if nearest else ""
        return (
            "where a session hands out what nodes make in between, they agree: they part in what the library "
            f"makes of several nodes{at}"
        )
    why = harmless(told.why, _REASON) or "the look broke off"
    if nearest is None:
        return f"the node at which they part was not found: {why}"
    return f"they part at {called(nearest)} or before it, and nearer than that was not found: {why}"


def called(one: Between) -> str:
    """A node with its operator."""
    return f"{harmless(one.node, _NAME)} ({harmless(one.op_type, _NAME)})"


def _angle(one: Between) -> str:
    if one.check.same_shape and not one.check.same_nan_positions:
        return " (NaN or infinities in other places)"
    return "" if one.check.cosine is None else f" ({numbers.cosine(one.check.cosine)})"


def _place(one: Between) -> tuple[int, str]:
    return one.place, one.check.output
