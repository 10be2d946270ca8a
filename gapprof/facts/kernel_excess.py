"""Nodes whose native 128-bit kernel is slower than the browser's: the kernel's fault, not the vectors'."""

import math
from collections.abc import Mapping
from statistics import fmean, variance

from scipy.special import stdtrit

from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, NodeFigure, profile_of

SMALLEST_RATIO = 1.1
"""Runs of one process share its luck, so a bare interval over runs is not believed."""


def excess_by_node(case: Case) -> Mapping[str, float]:
    """Node → ms by which native at 128 bits is slower than the browser, where that is beyond doubt.

    Only nodes that narrower vectors slow down at all; an int8 kernel that is missing under SSE is the
    standing example. Doubt: Welch's interval of ln(native-128 / web) over runs, Bonferroni over nodes.
    """
    full, capped, web = (profile_of(case, rung) for rung in (NATIVE, CAPPED, WEB))
    if full is None or capped is None or web is None:
        return {}
    names = [name for name in capped.nodes if name in web.nodes and name in full.nodes]
    level = 1 - 0.05 / max(1, len(names))
    return {
        name: capped.nodes[name].ms - web.nodes[name].ms
        for name in names
        if capped.nodes[name].ms > full.nodes[name].ms
        and capped.nodes[name].ms > SMALLEST_RATIO * web.nodes[name].ms
        and _lower_bound(capped.nodes[name], web.nodes[name], level) > 0
    }


def excess_ms(case: Case) -> float:
    """Of the whole model; 0 where nothing is beyond doubt or a profile is missing."""
    return math.fsum(case.get(excess_by_node).values())


def _lower_bound(slow: NodeFigure, fast: NodeFigure, level: float) -> float:
    """Of the difference of mean ln(ms); -inf where there are too few runs to say."""
    a, b = ([math.log(value) for value in node.samples_ms if value > 0] for node in (slow, fast))
    if len(a) < 3 or len(b) < 3:
        return -math.inf
    spread = variance(a) / len(a) + variance(b) / len(b)
    freedom = min(len(a), len(b)) - 1
    return fmean(a) - fmean(b) - float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(spread)
