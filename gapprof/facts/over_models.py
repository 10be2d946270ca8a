"""What models have in common: one figure over many of them, each counted once."""

import math
from collections.abc import Sequence

from gapprof.facts.estimates import LEVEL, estimate
from gapprof.records.estimate import Estimate
from gapprof.stats.interval import exponential, t_interval


def over_models(times: Sequence[Estimate]) -> Estimate | None:
    """How many times as long with models such as these: Student's t over ln of their points, so the interval
    holds how models differ. Of what one round said nothing is told; None of fewer than two.
    """
    logs = [math.log(one.point) for one in times if one.rounds > 1]
    return estimate(exponential(t_interval(logs, LEVEL))) if len(logs) > 1 else None
