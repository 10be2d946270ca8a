"""What became of each figure: a factor with its interval, and a word that all others allow."""

import math
from collections.abc import Iterable

from gapprof.comparison.pairs import Pair
from gapprof.facts.estimates import estimate
from gapprof.records.comparison import Change, Moved
from gapprof.records.estimate import Estimate
from gapprof.stats.apart import Known, difference
from gapprof.stats.interval import LARGEST_EXPONENT, Interval, exponential
from gapprof.stats.verdict import SMALLEST_EFFECT, level_alone, simultaneous_level, verdict

LEVEL = 0.95
_WORDS: dict[str, Moved] = {"costs": "grew", "saves": "shrank"}


def movable(pairs: Iterable[Pair]) -> int:
    """How many can move, so that their verdicts have to hold together."""
    return sum(not pair.why and not _fixed(pair) for pair in pairs)


def changes(pairs: Iterable[Pair], level: float, children: int = 0) -> tuple[Change, ...]:
    """One change per pair. `children`: how many of all pairs together can move. They are a family of their
    own where the whole that they are part of moved, or could not be compared; where it did not, hardly any
    may move by chance. Parts of parts go by the same whole, as in a report."""
    return tuple(_change(pair, level, children, None) for pair in pairs)


def moved(pair: Pair, level: float) -> Interval | None:
    """ln(after / before); None where the two are not one figure."""
    if pair.why or pair.before is None or pair.after is None:
        return None
    return difference(_known(pair.before, pair.passes[0]), _known(pair.after, pair.passes[1]), level)


def _change(pair: Pair, level: float, children: int, level_in_whole: float | None) -> Change:
    resolves = None
    said: Moved = "not-compared" if pair.applicable else "not-applicable"
    interval, wide = moved(pair, LEVEL), moved(pair, level)
    if interval is not None and wide is not None:
        said = _WORDS.get(verdict(wide)) or ("no-change" if verdict(interval) == "unclear" else "unclear")
        resolves = math.exp(min(LARGEST_EXPONENT, max(wide.half_width, SMALLEST_EFFECT)))
    if level_in_whole is None:
        named = said in _WORDS.values() or said == "not-compared"
        level_in_whole = simultaneous_level(children) if named else level_alone(children)
    return Change(
        id=pair.id,
        title=pair.title,
        unit=pair.unit,
        before=pair.before,
        after=pair.after,
        factor=estimate(exponential(interval)) if interval else None,
        verdict=said,
        resolves=resolves,
        why=pair.why,
        children=tuple(_change(one, level_in_whole, children, level_in_whole) for one in pair.children),
    )


def _fixed(pair: Pair) -> bool:
    """A step between two names of one environment is exactly 1 in both runs and can be no false alarm."""
    return all(one is not None and one.low == one.high for one in (pair.before, pair.after))


def _known(factor: Estimate, passes: int) -> Known:
    """Factors and latencies have their intervals on ln, around the middle of the bounds' logarithms."""
    point = math.log(factor.point)
    half = (math.log(factor.high) - math.log(factor.low)) / 2
    interval = Interval(
        point=point, low=point - half, high=point + half, level=factor.level, rounds=factor.rounds
    )
    return Known(interval=interval, passes=passes)
