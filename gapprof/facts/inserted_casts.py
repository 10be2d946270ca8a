"""Casts around operators without a kernel for the file's type: onnxruntime inserts and names them. Pure."""

import math
from dataclasses import dataclass
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.cells import complete_rounds
from gapprof.facts.profiles import WEB, profile_of
from gapprof.stats.contrast import Contrast

_NAMES = ("InsertedPrecisionFreeCast_", "InsertedCast_")


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedCasts:
    """All of them together, in the browser."""

    count: int
    ms: float
    """Of a run."""
    share: float
    """Of what all nodes take."""
    times: Contrast | None
    """ln of what a run takes over what it would take without them, the same in every round; None where no
    pass says how long a run of its own took."""


def inserted_casts(case: Case) -> InsertedCasts | None:
    """None where the browser was not profiled, or has none."""
    web = profile_of(case, WEB)
    casts = [node for name, node in web.nodes.items() if name.startswith(_NAMES)] if web else []
    if web is None or not casts or web.kernels_ms <= 0:
        return None
    taken_ms = math.fsum(node.ms for node in casts)
    shares = {
        number: math.fsum(node.by_pass_ms[number] for node in casts) / run_ms
        for number, run_ms in web.run_by_pass_ms.items()
        if run_ms > 0 and all(number in node.by_pass_ms for node in casts)
    }
    return InsertedCasts(
        count=len(casts),
        ms=taken_ms,
        share=taken_ms / web.kernels_ms,
        times=_times(case, shares),
    )


def _times(case: Case, shares: dict[int, float]) -> Contrast | None:
    rounds = case.get(complete_rounds)
    if not rounds or not shares or max(shares.values()) >= 1:
        return None
    by_pass = {number: -math.log1p(-share) for number, share in shares.items()}
    return Contrast(dict.fromkeys(rounds, median(by_pass.values())), by_pass)
