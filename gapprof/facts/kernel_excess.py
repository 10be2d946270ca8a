"""Nodes whose native 128-bit kernel is slower than the browser's: the kernel's fault, not the vectors'."""

import math
from collections.abc import Mapping
from statistics import fmean, variance

from scipy.special import stdtrit

from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, NATIVE, WEB, NodeFigure, profile_of
from gapprof.stats.contrast import FEWEST_PASSES

SMALLEST_RATIO = 1.1
"""Runs of one process share its luck, so a bare interval over runs is not believed."""


def excess_by_node(case: Case) -> Mapping[str, float]:
    """Node → ms by which native at 128 bits is slower than the browser, where that is beyond doubt.

    Only nodes that narrower vectors slow down at all; an int8 kernel that is missing under SSE is the
    standing example. Doubt: Welch's interval of ln(native-128 / web) over passes, Bonferroni over nodes;
    while there are fewer than three passes, over runs, and then no verdict is built on it.

    Nodes are compared as the profiler has them, less its chain. The shares at which their kernels fit into
    unprofiled runs are of whole rungs and differ between the two: by them a node would become the slower
    one for what other nodes do. In ms both sides are taken at the share of native-128, of whose run it is.
    """
    full, capped, web = (profile_of(case, rung) for rung in (NATIVE, CAPPED, WEB))
    if full is None or capped is None or web is None:
        return {}
    names = [name for name in capped.nodes if name in web.nodes and name in full.nodes]
    level = 1 - 0.05 / max(1, len(names))
    return {
        name: capped.nodes[name].ms - capped.nodes[name].kernel_share * web.nodes[name].uncut_ms
        for name in names
        if capped.nodes[name].uncut_ms > full.nodes[name].uncut_ms
        and capped.nodes[name].uncut_ms > SMALLEST_RATIO * web.nodes[name].uncut_ms > 0
        and _lower_bound(capped.nodes[name], web.nodes[name], level) > 0
    }


def excess_ms(case: Case) -> float:
    """Of the whole model; 0 where nothing is beyond doubt or a profile is missing."""
    return math.fsum(case.get(excess_by_node).values())


def excess_by_pass_ms(case: Case) -> Mapping[int, float]:
    """`excess_ms` as each pair of passes, one capped and one of the browser, says it by itself."""
    capped, web = profile_of(case, CAPPED), profile_of(case, WEB)
    names = case.get(excess_by_node)
    if capped is None or web is None or not names:
        return {}
    nodes = [(capped.nodes[name], web.nodes[name].uncut_by_pass_ms) for name in names]
    shared = set.intersection(*(slow.uncut_by_pass_ms.keys() & fast.keys() for slow, fast in nodes))
    return {
        number: math.fsum(
            slow.kernel_share * (slow.uncut_by_pass_ms[number] - fast[number]) for slow, fast in nodes
        )
        for number in sorted(shared)
    }


def _lower_bound(slow: NodeFigure, fast: NodeFigure, level: float) -> float:
    """Of the difference of mean ln(ms), by Welch and Satterthwaite; -inf where there are too few runs."""
    by_pass = min(len(slow.by_pass_ms), len(fast.by_pass_ms)) >= FEWEST_PASSES
    figures = (
        tuple(node.uncut_by_pass_ms.values()) if by_pass else node.uncut_samples_ms for node in (slow, fast)
    )
    a, b = ([math.log(value) for value in values if value > 0] for values in figures)
    if len(a) < 3 or len(b) < 3:
        return -math.inf
    of_a, of_b = variance(a) / len(a), variance(b) / len(b)
    difference = fmean(a) - fmean(b)
    if of_a + of_b == 0:
        return difference
    freedom = (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
    return difference - float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(of_a + of_b)
