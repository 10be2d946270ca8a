"""Cast nodes that onnxruntime put into the graph, around operators without a kernel for the file's type.

What a run would take without them is what it takes less their own time, pass by pass: the operators between
them compute in float32 already.
"""

import math
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.profiles import WEB, NodeFigure, RungProfile, profile_of
from gapprof.stats.contrast import Contrast, mean

_NAMES = ("InsertedPrecisionFreeCast_", "InsertedCast_")
"""Beginnings; onnxruntime names them so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedCasts:
    """All of them in the browser."""

    nodes: int
    share: float
    """Of what operators take."""
    gain: Contrast | None
    """ln of how many times faster a run is without them; None where no pass tells."""


def inserted_casts(case: Case) -> InsertedCasts | None:
    """None where there are none, and without a profile."""
    web = profile_of(case, WEB)
    casts = [node for name, node in web.nodes.items() if name.startswith(_NAMES)] if web else []
    if web is None or not casts or web.kernels_ms <= 0:
        return None
    return InsertedCasts(
        nodes=len(casts),
        share=math.fsum(node.ms for node in casts) / web.kernels_ms,
        gain=_gain(case, web, casts),
    )


def _gain(case: Case, web: RungProfile, casts: list[NodeFigure]) -> Contrast | None:
    by_pass: dict[int, float] = {}
    for number, run_ms in web.run_by_pass_ms.items():
        if all(number in cast.by_pass_ms for cast in casts):
            share = math.fsum(cast.by_pass_ms[number] for cast in casts) / run_ms
            if share >= 1:
                return None
            by_pass[number] = -math.log1p(-share)
    rounds = case.get(complete_rounds)
    if not by_pass or not rounds:
        return None
    return Contrast(dict.fromkeys(rounds, mean(list(by_pass.values()))), by_pass)
