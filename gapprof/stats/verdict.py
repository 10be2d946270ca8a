"""What may be said about a contrast, and which of two causes is the larger one."""

from collections.abc import Mapping
from typing import Literal

from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import Interval, contrast_interval

SMALLEST_EFFECT = 0.02
"""|ln f| below which nothing is called a cost, however narrow its interval."""
ALONE = 0.999
"""With which parts are named, all together, where the whole that they belong to is not."""


def simultaneous_level(causes: int) -> float:
    """Bonferroni: all of so many verdicts hold together with 95 %."""
    return 1 - 0.05 / max(1, causes)


def level_alone(parts: int) -> float:
    """At which so many parts are judged where what they belong to is not named itself.

    Of machines without a cause one report in twenty may name one, and parts judged beside them would name
    somebody in as many again. So parts wait for their whole, as hierarchical tests do, but for those so far
    from nothing that they can only be cancelled by another.
    """
    return 1 - (1 - ALONE) / max(1, parts)


def verdict(log_factor: Interval) -> Literal["costs", "saves", "unclear"]:
    """Of an interval of ln f: away from 0, and by more than the smallest effect."""
    if log_factor.holds(0.0) or abs(log_factor.point) <= SMALLEST_EFFECT:
        return "unclear"
    return "costs" if log_factor.point > 0 else "saves"


def ranks(contrasts: Mapping[str, Contrast], level: float) -> dict[str, int]:
    """1 for the largest; what cannot be told from the first of a rank shares it (1, 1, 3).

    The difference is taken round by round, so that a disturbance common to both cancels.
    """
    order = sorted(contrasts, key=lambda name: -contrasts[name].mean)
    places: dict[str, int] = {}
    first, rank = "", 0
    for place, name in enumerate(order, start=1):
        if not first or not difference(contrasts[first], contrasts[name], level).holds(0.0):
            first, rank = name, place
        places[name] = rank
    return places


def difference(a: Contrast, b: Contrast, level: float) -> Interval:
    """ln of how much larger a is than b."""
    return contrast_interval(a - b, level)
