"""Two independent runs: how far apart two means are, when each is known by its interval alone."""

import math
from dataclasses import dataclass
from itertools import product

from scipy.special import stdtrit

from gapprof.stats.contrast import FEWEST_PASSES
from gapprof.stats.interval import Interval, t_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A mean as another run reported it."""

    interval: Interval
    passes: int = 0
    """Profiled passes that part of it stands on; 0: it stands on rounds alone."""

    @property
    def decides(self) -> bool:
        """Whether it has an interval that anything may be decided on."""
        return self.interval.rounds > 1 and (self.passes == 0 or self.passes >= FEWEST_PASSES)


def difference(before: Known, after: Known, level: float) -> Interval:
    """after - before, by Welch's interval: the runs share no round, so nothing between them is paired.

    Over rounds alone an interval gives back its variance and its degrees of freedom, and no sample would
    add to that. Where profiled passes stand behind a part of it, it does not say how large a part; then
    the widest of the intervals is taken that rounds alone and passes alone would give.
    """
    point = after.interval.point - before.interval.point
    rounds = min(before.interval.rounds, after.interval.rounds)
    if rounds < 2:
        return Interval(point=point, low=point, high=point, level=0.0, rounds=rounds)
    half = max(_half_width(*pair, level) for pair in product(_readings(before), _readings(after)))
    return Interval(point=point, low=point - half, high=point + half, level=level, rounds=rounds)


def _readings(known: Known) -> list[tuple[float, int]]:
    """Variance of the mean and its degrees of freedom, one pair per explanation of the interval."""
    counts = [known.interval.rounds, *([known.passes] if known.passes > 1 else [])]
    half, level = known.interval.half_width, known.interval.level
    return [((half / t_quantile(level, count)) ** 2, count - 1) for count in counts]


def _half_width(a: tuple[float, int], b: tuple[float, int], level: float) -> float:
    """Welch and Satterthwaite: the freedom of a sum of variances, each known only as well as its own."""
    total = a[0] + b[0]
    if total == 0:
        return 0.0
    freedom = 1 / sum((variance / total) ** 2 / own for variance, own in (a, b))
    return float(stdtrit(freedom, (1 + level) / 2)) * math.sqrt(total)
