"""Whether an interval is narrow enough to judge by: a wide one contradicts nothing, whatever is true."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gapprof.facts.estimates import estimate
from gapprof.selftest.judges.evidence import LEVEL
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import Interval, contrast_interval, exponential
from gapprof.stats.planning import rounds_needed
from gapprof.text import numbers

_NARROW = math.log(1.05)
"""ln of a factor: what is told to within 5 % is told, however little was planted."""
_SHARE = 0.5
"""Of what was planted, as ln: with wider intervals half of it could be missing and nobody would see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A difference that has to be nothing, and how well it has to be known for that to say anything."""

    name: str
    contrast: Contrast
    allowed: float
    """Half-width, ln of a factor."""

    @property
    def interval(self) -> Interval:
        """Of ln of the factor, at the level of a row."""
        return contrast_interval(self.contrast, LEVEL)

    @property
    def narrow(self) -> bool:
        """Whether it is known well enough; after a single round nothing is."""
        return self.interval.rounds > 1 and self.interval.half_width <= self.allowed


def bounded(name: str, contrast: Contrast | None, *, planted: float = 0.0) -> Iterator[Bounded]:
    """`planted`: ln of the factor that the difference is held against; 0 where nothing was planted."""
    if contrast is not None:
        allowed = max(_NARROW, _SHARE * abs(planted))
        yield Bounded(name=name, contrast=contrast, allowed=allowed)


def doubts(figures: Iterable[Bounded]) -> Iterator[str]:
    """What is known too vaguely, and how well it would have to be."""
    for one in figures:
        if not one.narrow:
            wide = numbers.factor_with_interval(estimate(exponential(one.interval)))
            limit = numbers.percent(math.expm1(one.allowed))
            yield f"{one.name} is {wide}: too wide to judge, which takes ±{limit}"


def rounds_short(figures: Iterable[Bounded]) -> int:
    """Rounds that are lacking until all of them are narrow enough, by how they spread so far. 0: none."""
    return max((_short(one) for one in figures if not one.narrow), default=0)


def _short(one: Bounded) -> int:
    percent = 100 * math.expm1(one.allowed)
    needed = rounds_needed({one.name: one.contrast.values}, precision_percent=percent, level=LEVEL)
    return max(1, needed - len(one.contrast.values))
