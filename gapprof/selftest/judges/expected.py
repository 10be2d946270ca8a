"""What a plant's headlines must be: the clean ladder's, and what was planted on top of them."""

from collections.abc import Mapping

from gapprof.selftest.judges.evidence import Evidence
from gapprof.stats.contrast import Contrast


def expected(cause: str, clean: Evidence, planted: Mapping[str, Contrast]) -> tuple[Contrast, ...]:
    """ln of the cause's factor, as contrasts to add up; none where it must not be there at all.

    `planted`: cause → ln of what the A/Bs say was added to its headline.
    """
    terms = (clean.headlines.get(cause), planted.get(cause))
    return tuple(one for one in terms if one is not None)


def expected_ln(cause: str, clean: Evidence, planted: Mapping[str, Contrast]) -> float:
    """Its mean, where each contrast has rounds of its own."""
    return sum(one.mean for one in expected(cause, clean, planted))
