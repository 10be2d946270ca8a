"""Whether a planted cause stands where it must in the ranking."""

from collections.abc import Iterator, Mapping
from itertools import product

from gapprof.selftest.judges.evidence import Evidence, beyond_doubt, combined, larger_beyond_doubt
from gapprof.selftest.judges.expected import expected
from gapprof.stats.contrast import Contrast


def rank_faults(
    cause: str, here: Evidence, clean: Evidence, planted: Mapping[str, Contrast]
) -> Iterator[str]:
    """Causes that stand, beyond doubt, on the wrong side of it: by the clean ladder and what was planted.

    What must be about as large as it may stand on either side: the ranks expected are measured themselves.
    """
    if cause not in here.headlines:
        return
    for other in sorted(here.headlines.keys() - {cause}):
        for above, below in ((other, cause), (cause, other)):
            if _wrongly_above(above, below, here, clean, planted):
                yield f"{above} ranks above {below}, and must not"


def _wrongly_above(
    above: str, below: str, here: Evidence, clean: Evidence, planted: Mapping[str, Contrast]
) -> bool:
    """Whether it is wrong in whatever way their factors come about."""
    found = here.headlines
    if not larger_beyond_doubt(found[above], found[below]):
        return False
    above_expected, below_expected = (expected(one, clean, planted) for one in (above, below))
    if above_expected is None or below_expected is None:
        return False
    ways = product(above_expected or (None,), below_expected or (None,))
    return all(_must_not(found[above], found[below], *way) for way in ways)


def _must_not(
    above: Contrast, below: Contrast, above_expected: Contrast | None, below_expected: Contrast | None
) -> bool:
    """Whether the first is to be smaller, and is beyond doubt further up than so. None: nothing."""
    if _mean(above_expected) >= _mean(below_expected):
        return False
    terms = ((1.0, above), (-1.0, below), (-1.0, above_expected), (1.0, below_expected))
    moved = combined((weight, one) for weight, one in terms if one is not None)
    return moved is not None and beyond_doubt(moved)


def _mean(contrast: Contrast | None) -> float:
    return 0.0 if contrast is None else contrast.mean
