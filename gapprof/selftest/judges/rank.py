"""Whether a planted cause stands where it must in the ranking."""

from collections.abc import Iterator, Mapping

from gapprof.selftest.judges.evidence import Evidence, beyond_doubt, combined, larger_beyond_doubt
from gapprof.selftest.judges.expected import expected, expected_ln
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
    found = here.headlines
    if expected_ln(above, clean, planted) >= expected_ln(below, clean, planted):
        return False
    if not larger_beyond_doubt(found[above], found[below]):
        return False
    moved = combined(
        (
            (1.0, found[above]),
            (-1.0, found[below]),
            *((-1.0, one) for one in expected(above, clean, planted)),
            *((1.0, one) for one in expected(below, clean, planted)),
        )
    )
    return moved is not None and beyond_doubt(moved)
