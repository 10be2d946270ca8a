"""A cause that must be smaller than on the clean ladder, by what the A/B says."""

from collections.abc import Iterator

from gapprof.selftest.judges.evidence import Evidence, apart, larger_beyond_doubt, worthless
from gapprof.selftest.judges.size import size_faults, size_figures
from gapprof.selftest.plant import Shrinks
from gapprof.stats.contrast import Contrast


def shrinkage(wanted: Shrinks, here: Evidence, clean: Evidence) -> Contrast | None:
    """ln of how many times larger the cause is on the clean ladder."""
    before, after = clean.finding(wanted.cause).contrast, here.finding(wanted.cause).contrast
    return None if before is None or after is None else apart(before, after)


def shrinks_faults(
    wanted: Shrinks, found: Contrast | None, direct: Contrast | None, here: Evidence, clean: Evidence
) -> Iterator[str]:
    """Size, sign, and rank: it may not stand above what it stood below."""
    yield from worthless(here)
    yield from size_faults(direct, found)
    before, after = clean.headlines, here.headlines
    if found is None or wanted.cause not in before or wanted.cause not in after:
        return
    smaller = larger_beyond_doubt(before[wanted.cause], after[wanted.cause])
    if not smaller and all(one.narrow for one in size_figures(direct, found)):
        yield f"{wanted.cause} is not smaller than without the ceiling"
    for other in sorted(before.keys() & after.keys() - {wanted.cause}):
        was_below = before[other].mean > before[wanted.cause].mean
        if was_below and larger_beyond_doubt(after[wanted.cause], after[other]):
            yield f"{wanted.cause} ranks above {other}, and must not"
