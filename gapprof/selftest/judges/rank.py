"""Whether a planted cause stands where it must in the ranking."""

from collections.abc import Iterator, Mapping

from gapprof.selftest.judges.evidence import Evidence, larger_beyond_doubt


def rank_faults(cause: str, here: Evidence, clean: Evidence, planted: Mapping[str, float]) -> Iterator[str]:
    """Causes above it, beyond doubt, that must be below it: by the clean ladder and what was planted.

    `planted`: cause → ln of what the A/Bs say was added to its headline.
    """
    found = here.headlines
    if cause not in found:
        return
    expected = {
        other: planted.get(other, 0.0) + (clean.headlines[other].mean if other in clean.headlines else 0.0)
        for other in found
    }
    for other in sorted(found):
        if expected[other] < expected[cause] and larger_beyond_doubt(found[other], found[cause]):
            yield f"{other} ranks above {cause}, and must not"
