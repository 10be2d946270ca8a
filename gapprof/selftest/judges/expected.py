"""What a plant's headlines must be: the clean ladder's, and what was planted on top of them."""

import math
from collections.abc import Mapping

from gapprof.selftest.judges.evidence import Evidence, combined
from gapprof.stats.contrast import Contrast


def expected(cause: str, clean: Evidence, planted: Mapping[str, Contrast]) -> tuple[Contrast, ...] | None:
    """ln of the cause's factor, in each way in which it may come about; none where it must not be there, and
    None where no round has both of what it comes of.

    What else is in a cause that something was planted in costs as many times more as without the plant, or
    as many ms: handing over a result takes as long whatever the kernels took before it. Where the plant
    doubles a run, a step of 1.4x is one of 1.2x then (measured: 1.42x and 1.20x).

    `planted`: cause → ln of what the A/Bs say was added to its headline.
    """
    before, added = clean.headlines.get(cause), planted.get(cause)
    if before is None or added is None:
        return tuple(one for one in (before, added) if one is not None)
    as_many_times = combined(((1.0, before), (1.0, added)))
    return None if as_many_times is None else (as_many_times, *_as_many_ms(before, added))


def expected_ln(cause: str, clean: Evidence, planted: Mapping[str, Contrast]) -> float:
    """Its mean where all of it costs as many times more, each of both over rounds of its own."""
    return sum(one.mean for one in (clean.headlines.get(cause), planted.get(cause)) if one is not None)


def _as_many_ms(before: Contrast, added: Contrast) -> tuple[Contrast, ...]:
    """Both in terms of a run without either; none where they are two savings larger than that."""
    factors = {
        number: math.exp(value) + math.exp(added.by_round[number]) - 1
        for number, value in before.by_round.items()
        if number in added.by_round
    }
    if min(factors.values()) <= 0:
        return ()
    return (Contrast({number: math.log(factor) for number, factor in factors.items()}),)
