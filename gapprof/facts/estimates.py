"""Figures of a case with their 95 % intervals, in the report's own type."""

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.readings import end_logs, logs, read
from gapprof.records.estimate import Estimate
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import Interval, contrast_interval, exponential, linearised, t_interval
from gapprof.stats.lmdi import log_mean

LEVEL = 0.95


def estimate(interval: Interval) -> Estimate:
    """The same interval as a report writes it."""
    return Estimate(
        point=interval.point,
        low=interval.low,
        high=interval.high,
        level=interval.level,
        rounds=interval.rounds,
    )


def mean_time_ms(values: Sequence[float]) -> Estimate:
    """Of times: what took long in one of few rounds did not take less than nothing in the others, unless it
    was read off a difference and is below 0 in one of them."""
    found = mean_difference_ms(values)
    return replace(found, low=min(found.point, max(found.low, min(0.0, *values))))


def mean_difference_ms(values: Sequence[float]) -> Estimate:
    """Of what may be below 0."""
    return estimate(t_interval(values, LEVEL))


def negated(difference: Estimate) -> Estimate:
    """By how much less, of what is by so much more."""
    return replace(difference, point=-difference.point, low=-difference.high, high=-difference.low)


def factor_of(*contrasts: Contrast) -> Estimate:
    """How many times slower; contrasts over different rounds add by their means."""
    return estimate(exponential(ln_factor(contrasts, LEVEL)))


def ln_factor(contrasts: Sequence[Contrast], level: float) -> Interval:
    """Sum of the means, with what the rounds of each say about it."""
    if len(contrasts) == 1:
        return contrast_interval(contrasts[0], level)
    columns, passes = [one.by_round for one in contrasts], [one.by_pass for one in contrasts]
    return linearised(lambda *means: math.fsum(means), columns, level, passes)


def factor(case: Case, source: str, to: str) -> Estimate | None:
    """How many times slower `to` is than `source`; None where no round has both."""
    contrast = read(case, {source: -1.0, to: 1.0})
    return factor_of(contrast) if contrast else None


def geometric_mean_ms(by_round: Mapping[int, float]) -> Estimate:
    """From ln(ms) by round to a latency."""
    return estimate(exponential(t_interval(list(by_round.values()), LEVEL)))


def latency_ms(case: Case, rung: str) -> Estimate | None:
    """A rung's latency over the rounds in which it has a cell."""
    by_round = case.get(logs).get(rung)
    return geometric_mean_ms(by_round) if by_round else None


def part_ms(case: Case, *contrasts: Contrast) -> Estimate | None:
    """A factor's part of T_web - T_native (log-mean, LMDI)."""

    def of_means(ln_factor: float, ln_native: float, ln_web: float) -> float:
        return ln_factor * log_mean(math.exp(ln_web), math.exp(ln_native))

    return _with_ends(case, contrasts, of_means)


def share(case: Case, *contrasts: Contrast) -> Estimate | None:
    """A factor's part of ln(web / native). The caller asks only when the gap is resolved."""
    return _with_ends(case, contrasts, lambda ln_factor, ln_native, ln_web: ln_factor / (ln_web - ln_native))


def saving_ms(case: Case, *contrasts: Contrast) -> Estimate | None:
    """What the page would win if a factor on its own side of the ladder fell to 1."""
    return _with_ends(
        case, contrasts, lambda ln_factor, _, ln_web: math.exp(ln_web) * -math.expm1(-ln_factor)
    )


def without_ms(case: Case, *contrasts: Contrast) -> Estimate | None:
    """What the page would then take."""
    return _with_ends(case, contrasts, lambda ln_factor, _, ln_web: math.exp(ln_web - ln_factor))


def gap_ms(case: Case) -> Estimate | None:
    """T_web - T_native."""
    found = end_logs(case)
    if found is None:
        return None
    return estimate(linearised(lambda native, web: math.exp(web) - math.exp(native), found, LEVEL))


def _with_ends(
    case: Case, contrasts: Sequence[Contrast], of_means: Callable[[float, float, float], float]
) -> Estimate | None:
    """A function of ln(factor), ln(native) and ln(web)."""
    found = end_logs(case)
    if found is None:
        return None

    def of_all(*means: float) -> float:
        return of_means(math.fsum(means[:-2]), *means[-2:])

    columns = (*(one.by_round for one in contrasts), *found)
    return estimate(linearised(of_all, columns, LEVEL, [one.by_pass for one in contrasts]))
