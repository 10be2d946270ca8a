"""How many rounds a wanted precision takes; decided once, so that stopping does not bias the result."""

import math
from collections.abc import Mapping, Sequence

from gapprof.stats.interval import t_quantile

MOST_ROUNDS = 1000


def rounds_needed(
    contrasts: Mapping[str, Sequence[float]], *, precision_percent: float, level: float = 0.95
) -> int:
    """Rounds after which every contrast's half-width is within the precision (of the factor, two-sided).

    `contrasts` holds per-round values of ln f from the first stage. At least 3; callers bound it by
    the budget. Iterated because the t quantile itself depends on the number of rounds.
    """
    wanted = math.log1p(precision_percent / 100)
    spreads = [_spread(values) for values in contrasts.values() if len(values) >= 2]
    return max((_rounds(spread, wanted, level) for spread in spreads), default=3)


def _rounds(spread: float, wanted: float, level: float) -> int:
    rounds = 3
    while rounds < MOST_ROUNDS and t_quantile(level, rounds) * spread > wanted * math.sqrt(rounds):
        rounds += 1
    return rounds


def _spread(values: Sequence[float]) -> float:
    centre = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1))
