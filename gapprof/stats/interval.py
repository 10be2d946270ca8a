"""A number with its interval: Student t over independent rounds."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from gapprof.stats.contrast import Contrast, mean

LARGEST_EXPONENT = 700.0
"""exp() beyond it overflows; an interval that wide says nothing anyway."""
_STEP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval around a point. Level 0 means that one round cannot have an interval."""

    point: float
    low: float
    high: float
    level: float
    rounds: int

    def __post_init__(self) -> None:
        if not self.low <= self.point <= self.high:  # also catches NaN
            raise ValueError(f"not an interval: {self.point} in [{self.low}, {self.high}]")

    @property
    def half_width(self) -> float:
        """Half the distance between the bounds."""
        return (self.high - self.low) / 2

    def holds(self, value: float) -> bool:
        """Whether the value cannot be told apart from the point; always so after a single round."""
        return self.rounds < 2 or self.low <= value <= self.high


@functools.cache
def t_quantile(level: float, rounds: int) -> float:
    """Two-sided Student t quantile for the mean of that many rounds (at least two)."""
    return float(stdtrit(rounds - 1, (1 + level) / 2))


def t_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Mean with its Student t interval; exact for normal noise, and it covers over rounds of medians."""
    return _interval(mean(values), _variance([dict(enumerate(values))], [1.0]), len(values), level)


def contrast_interval(contrast: Contrast, level: float = 0.95) -> Interval:
    """A contrast's mean; where it stands on profiled passes, with how these differ."""
    return linearised(lambda value: value, [contrast.by_round], level, [contrast.by_pass])


def linearised(
    of_means: Callable[..., float],
    columns: Sequence[Mapping[int, float]],
    level: float = 0.95,
    passes: Sequence[Mapping[int, float]] = (),
) -> Interval:
    """A smooth function of means over rounds, by the delta method; columns of one round vary together.

    Columns may have different rounds: what they share is paired, the rest counts as independent. `passes`
    are those of the first columns (see `Contrast.by_pass`).
    """
    means = [mean(list(column.values())) for column in columns]
    slopes = [_slope(of_means, means, index) for index in range(len(means))]
    rounds = min(len(column) for column in columns)
    found = _interval(of_means(*means), _variance(columns, slopes), rounds, level)
    used = [(column, slope) for column, slope in zip(passes, slopes, strict=False) if column]
    if not used:
        return found
    return _widened(found, [column for column, _ in used], [slope for _, slope in used])


def exponential(interval: Interval) -> Interval:
    """From ln to the factor itself; bounds are held where a float can hold them."""
    point, low, high = (
        math.exp(max(-LARGEST_EXPONENT, min(LARGEST_EXPONENT, value)))
        for value in (interval.point, interval.low, interval.high)
    )
    return Interval(point=point, low=low, high=high, level=interval.level, rounds=interval.rounds)


def _interval(point: float, variance: float, rounds: int, level: float) -> Interval:
    if rounds < 2:
        return Interval(point=point, low=point, high=point, level=0.0, rounds=rounds)
    half = t_quantile(level, rounds) * math.sqrt(variance)
    return Interval(point=point, low=point - half, high=point + half, level=level, rounds=rounds)


def _widened(interval: Interval, passes: Sequence[Mapping[int, float]], slopes: Sequence[float]) -> Interval:
    """Rounds and passes are independent: half-widths, each with its own t quantile, add as squares."""
    count = min(len(column) for column in passes)
    if count < 2 or interval.rounds < 2:
        return interval
    own = t_quantile(interval.level, count) * math.sqrt(_variance(passes, slopes))
    half = math.hypot(interval.half_width, own)
    return Interval(
        point=interval.point,
        low=interval.point - half,
        high=interval.point + half,
        level=interval.level,
        rounds=interval.rounds,
    )


def _variance(columns: Sequence[Mapping[int, float]], slopes: Sequence[float]) -> float:
    """Of the sum of slope x mean. Each round's part in every mean is added up before squaring."""
    parts: dict[int, float] = {}
    for column, slope in zip(columns, slopes, strict=True):
        n = len(column)
        if n < 2:
            continue
        centre = mean(list(column.values()))
        weight = slope / math.sqrt(n * (n - 1))
        for number, value in column.items():
            parts[number] = parts.get(number, 0.0) + weight * (value - centre)
    return math.fsum(part * part for part in parts.values())


def _slope(of_means: Callable[..., float], means: Sequence[float], index: int) -> float:
    step = _STEP * max(1.0, abs(means[index]))
    up, down = list(means), list(means)
    up[index] += step
    down[index] -= step
    return (of_means(*up) - of_means(*down)) / (2 * step)
