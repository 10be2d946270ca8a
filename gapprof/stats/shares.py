"""Intervals of shares: of things that each are so or not, and of means over groups of such things."""

import math
from collections.abc import Sequence

from scipy.special import ndtri

from gapprof.stats.interval import Interval, t_interval


def wilson(hits: int, count: int, level: float = 0.95) -> Interval:
    """Of `count` independent things; Wilson's score interval, which keeps its level near 0 and 1 as well.

    Brown, Cai and DasGupta (2001), Statistical Science 16. Raises ValueError for a share of nothing.
    """
    if not 0 <= hits <= count or count < 1:
        raise ValueError(f"{hits} of {count} is no share")
    z = float(ndtri((1 + level) / 2))
    share, weight = hits / count, z * z / count
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / count + weight / (4 * count))
    low, high = min(share, centre - half), max(share, centre + half)
    return Interval(point=share, low=max(0.0, low), high=min(1.0, high), level=level, rounds=count)


def over_groups(shares: Sequence[float], level: float = 0.95) -> Interval:
    """Of groups whose things are alike: the mean of the groups' shares, Student's t over the groups.

    What is inside a group is not independent, and adds nothing to what is known (Donald and Lang 2007,
    Review of Economics and Statistics 89: t with as many degrees of freedom as groups leave). A percentile
    bootstrap over a dozen groups would cover 0.91 where it says 0.95. `rounds` of the interval are groups.
    """
    found = t_interval(list(shares), level)
    return Interval(
        point=found.point,
        low=max(0.0, found.low),
        high=min(1.0, found.high),
        level=found.level,
        rounds=found.rounds,
    )
