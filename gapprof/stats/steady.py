"""Whether samples in order still drift: the sign of a warm-up that ended too early."""

import math
from collections.abc import Sequence
from statistics import median

from gapprof.stats.interval import Interval, t_interval

LEVEL = 0.999
"""So strict because it is asked of every rung, and a wrong alarm condemns a sound run."""
SMALLEST_DRIFT = 0.05
FEWEST_SAMPLES = 5


def drift(samples: Sequence[float]) -> float:
    """ln of the first half over the last half, medians; positive where a trial still became faster.

    Without the very first sample: after the pause before timing it is 5 to 20 % slow on light models
    (measured natively), which the trial's median does not see.
    """
    rest = samples[1:]
    half = len(rest) // 2
    return math.log(median(rest[:half]) / median(rest[-half:]))


def systematic_drift(trials: Sequence[Sequence[float]]) -> Interval:
    """Mean drift over independent trials; a single trial's drift is indistinguishable from noise."""
    return t_interval([drift(samples) for samples in trials], LEVEL)


def still_drifting(trials: Sequence[Sequence[float]]) -> bool:
    """Whether trials of one rung became faster or slower alike, by more than the smallest drift."""
    usable = [samples for samples in trials if len(samples) >= FEWEST_SAMPLES]
    if len(usable) < 3:
        return False
    interval = systematic_drift(usable)
    return not interval.holds(0.0) and abs(interval.point) > SMALLEST_DRIFT
