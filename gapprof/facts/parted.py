"""At which node what the browser computes parts from what native computes. Pure."""

from gapprof.facts.agreement import agrees
from gapprof.facts.between import alike, apart, grounds
from gapprof.facts.case import Case
from gapprof.records.parting import Between, Parting
from gapprof.text import numbers
from gapprof.text.names import harmless

_NAME, _REASON = 60, 160


def parting(case: Case) -> Parting | None:
    """What was looked at; None where outputs agree, and where nobody looked."""
    return next(case.recording.of(Parting), None)


def first_apart(told: Parting) -> Between | None:
    """What does not agree although all that it was made from does; None where that was not come upon, and
    where it is in no node alone."""
    if told.healed:
        return None
    known = {one.check.output: one for one in told.between}
    same = {output for output, one in known.items() if alike(one)}
    first = (one for one in told.between if apart(one) and same.issuperset(grounds(one, known)))
    return min(first, key=_place, default=None)


def parted_told(case: Case) -> str:
    """A clause on where it begins; empty where nobody looked."""
    told = case.get(parting)
    if told is None:
        return ""
    found = first_apart(told)
    if found is not None:
        first = f"they part first at {called(found)}, whose result does not agree{_angle(found)}"
        return f"{first}: {_before(told, found)}"
    nearest = min(filter(apart, told.between), key=_place, default=None)
    if told.healed:
        at = f", at {called(nearest)} or before it" if nearest else ""
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


def _before(told: Parting, found: Between) -> str:
    if not found.given:
        return "no other comes before"
    lenient = any(one.check.output in found.given and not agrees(one.check) for one in told.between)
    limits = ", as far as a tolerance can tell" if lenient else ""
    return f"what it is given agrees with {told.reference}'s{limits}"


def _angle(one: Between) -> str:
    if one.check.same_shape and not one.check.same_nan_positions:
        return " (NaN or infinities in other places)"
    return "" if one.check.cosine is None else f" ({numbers.cosine(one.check.cosine)})"


def _place(one: Between) -> tuple[int, str]:
    return one.place, one.check.output
