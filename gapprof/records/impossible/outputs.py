"""Outputs that were compared, and the nodes between which they part."""

from collections.abc import Iterable

from gapprof.records.bounds import MOST
from gapprof.records.impossible import Check
from gapprof.records.parting import Parting
from gapprof.records.trial import OutputCheck


def of_outputs(checks: Iterable[OutputCheck]) -> str:
    """Of the first that cannot be; empty: of none."""
    for check in checks:
        sizes = (check.elements, check.nan_count, check.max_abs_difference, check.max_abs_reference)
        if not all(size >= 0 for size in sizes) or check.nan_count > check.elements:
            return f"outputs of {check.rung} with impossible sizes or differences"
        if check.cosine is not None and not -1.0 <= check.cosine <= 1.0:
            return f"outputs of {check.rung} with an impossible cosine"
    return ""


def _of_one(entry: OutputCheck) -> str:
    return of_outputs((entry,))


def _of_parting(entry: Parting) -> str:
    if not all(0 <= one.place < MOST for one in entry.between) or not 0 <= entry.looks < MOST:
        return "nodes at impossible places of a graph, or looked at in impossible ways"
    return of_outputs(one.check for one in entry.between)


CHECKS = (Check(kind=OutputCheck, wrong=_of_one), Check(kind=Parting, wrong=_of_parting))
