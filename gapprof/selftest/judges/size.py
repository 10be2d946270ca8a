"""Whether what was found is as large as what was planted."""

from collections.abc import Iterator

from gapprof.selftest.judges.evidence import LEVEL, apart, beyond_doubt, factor
from gapprof.selftest.judges.width import Bounded, bounded
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import SMALLEST_EFFECT
from gapprof.text import numbers

_PLANTED_LEVEL = 0.95
"""That the A/B shows any effect: a plant without one proves nothing, whatever is found."""


def size_faults(planted: Contrast | None, found: Contrast | None) -> Iterator[str]:
    """What speaks against it; a single round cannot be judged, and an A/B that is vague shows nothing yet."""
    if planted is None:
        yield "the A/B has no round with figures of both its sides"
    elif len(planted.values) < 2:
        yield "one round alone has no interval"
    elif _told(planted) and not _planted_anything(planted):
        yield "the A/B shows no effect, so nothing was planted"
    if found is None:
        yield "the report has no figure for it"
    if planted is None or found is None:
        return
    difference = apart(found, planted)
    if difference is None:
        yield "no round has both the A/B and the report's figure"
    elif beyond_doubt(difference):
        off = factor(difference)
        if off is not None:
            level = numbers.confidence(LEVEL)
            yield (
                f"found over planted is {numbers.factor_with_interval(off)}, beyond doubt at {level} "
                f"and by more than {numbers.percent(SMALLEST_EFFECT)}"
            )


def size_figures(planted: Contrast | None, found: Contrast | None) -> Iterator[Bounded]:
    """What has to be known well before there can be said to be two sizes, and that they agree."""
    if planted is None:
        return
    yield from bounded("the A/B", planted, planted=planted.mean)
    if found is not None:
        yield from bounded("what was found", found, planted=planted.mean)
        yield from bounded("found over planted", apart(found, planted), planted=planted.mean)


def _told(planted: Contrast) -> bool:
    return all(one.narrow for one in size_figures(planted, None))


def _planted_anything(planted: Contrast) -> bool:
    interval = contrast_interval(planted, _PLANTED_LEVEL)
    return interval.low > 0 and interval.point > SMALLEST_EFFECT
