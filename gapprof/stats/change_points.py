"""Where a series of times changes its level for the last time: the end of a warm-up.

Binary segmentation (Scott and Knott 1974) on logarithms: the split that explains most is kept while it
explains more than noise would, and both halves are looked at in turn. Noise is told from differences between
neighbours, which no level is in; single runs that somebody disturbed are cut down to their neighbours' size
before.
"""

import math
from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

FEWEST = 3
"""Values on either side of a change."""
SMALLEST = math.log(1.05)
"""Changes of less do not matter to anybody."""
_PENALTY = 10.0
"""Times ln n, in units of the noise's variance: what a split has to explain to be none of chance's. BIC asks
for 1 to 2; with noise that is itself estimated, and times of a shared machine, 12 to 200 runs of one level
then show a change in at most one of twenty cases (simulated, see its test)."""
_MAD = 1.4826
"""From a median absolute deviation to a normal distribution's standard deviation."""
_NEIGHBOURS = 2


def settled_after(values: Sequence[float]) -> int | None:
    """How many values come before the last change of level; 0 where there is none, None where none can be
    told: too few values, or a clock so coarse that some of them are 0."""
    if len(values) < 2 * FEWEST or min(values) <= 0:
        return None
    logs = np.array(_without_spikes([math.log(value) for value in values]))
    variance = max(_noise(logs) ** 2, (SMALLEST / 10) ** 2)
    return max(_changes(logs, 0, variance), default=0)


def _changes(logs: NDArray[np.float64], offset: int, variance: float) -> list[int]:
    count = len(logs)
    if count < 2 * FEWEST:
        return []
    places = np.arange(FEWEST, count - max(FEWEST, count // 5) + 1)  # what just began is no level yet
    sums = np.concatenate(([0.0], np.cumsum(logs - logs.mean())))
    explained = sums[places] ** 2 * (1 / places + 1 / (count - places))  # of the squares around one mean
    best = int(places[np.argmax(explained)])
    before, after = logs[:best], logs[best:]
    if explained.max() < _PENALTY * variance * math.log(count):
        return []
    if abs(before.mean() - after.mean()) < SMALLEST:
        return []
    return [
        *_changes(before, offset, variance),
        offset + best,
        *_changes(after, offset + best, variance),
    ]


def _noise(logs: NDArray[np.float64]) -> float:
    return _MAD * float(np.median(np.abs(np.diff(logs)))) / math.sqrt(2)


def _without_spikes(logs: Sequence[float]) -> list[float]:
    """Each value no further from the median of its neighbourhood than three deviations."""
    found = []
    for place, value in enumerate(logs):
        near = logs[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
        middle = median(near)
        reach = 3 * max(_MAD * median(abs(one - middle) for one in near), SMALLEST / 10)
        found.append(min(max(value, middle - reach), middle + reach))
    return found
