"""Whether what a node makes is what native made of it, more leniently than of a model's output.

Quantised values may be rounded to the next step. A condition, an index or a sum of quantised values that
differs tells nothing: what it was made from may be equal but for rounding.
"""

from collections.abc import Mapping

from gapprof.facts.agreement import agrees
from gapprof.records.parting import Between

_STEPS = frozenset({"int8", "uint8", "int16", "uint16"})
_UNTOLD = frozenset({"bool", "int32", "int64", "uint32", "uint64"})


def alike(one: Between) -> bool:
    """An output of the model has to agree as such."""
    check = one.check
    step = not one.own and check.dtype in _STEPS and check.same_shape and check.max_abs_difference <= 1
    return step or agrees(check)


def untold(one: Between) -> bool:
    """Whether it differs in what no tolerance can judge."""
    return not one.own and one.check.dtype in _UNTOLD and not agrees(one.check)


def apart(one: Between) -> bool:
    """Whether it is neither."""
    return not alike(one) and not untold(one)


def grounds(one: Between, known: Mapping[str, Between]) -> set[str]:
    """The nearest that it is made from and that can be judged, or that nobody looked at."""
    found, seen = set[str](), set[str]()
    left = [*one.given]
    while left:
        tensor = left.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        if tensor in known and untold(known[tensor]):
            left += known[tensor].given
        else:
            found.add(tensor)
    return found
