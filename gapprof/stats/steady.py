"""Whether samples in order still drift: the sign of a warm-up that ended too early."""

import math
from collections.abc import Sequence
from statistics import median

from gapprof.stats.interval import Interval, t_interval

LEVEL = 0.999
"""So strict because it is asked of every rung, and a wrong alarm condemns a sound run."""
SMALLEST_DRIFT = 0.03


def drift(samples: Sequence[float]) -> float:
    """ln of the first third over the last third, medians; positive where a trial still became faster."""
    third = max(1, len(samples) // 3)
    return math.log(median(samples[:third]) / median(samples[-third:]))


def systematic_drift(trials: Sequence[Sequence[float]]) -> Interval:
    """Mean drift over independent trials; a single trial's drift is indistinguishable from noise."""
    return t_interval([drift(samples) for samples in trials], LEVEL)


def still_drifting(trials: Sequence[Sequence[float]]) -> bool:
    """Whether trials of one rung became faster or slower alike, by more than the smallest drift."""
    usable = [samples for samples in trials if len(samples) >= 3]
    if len(usable) < 3:
        return False
    interval = systematic_drift(usable)
    return not interval.holds(0.0) and abs(interval.point) > SMALLEST_DRIFT
