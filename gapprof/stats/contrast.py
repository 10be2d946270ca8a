"""Per-round weighted sums of ln(latency): the only thing that is ever added or subtracted."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LogLatencies = Mapping[str, Mapping[int, float]]
"""Rung → round → ln(latency in ms)."""
Weights = Mapping[str, float]
"""Rung → weight; a contrast's weights sum to 0."""

FEWEST_PASSES = 3
"""Profiled passes below which nobody knows how they differ, so that nothing is decided on them."""
_DUST = 1e-12


@dataclass(frozen=True, slots=True)
class Contrast:
    """Round → weighted sum of ln(latency). Two contrasts add only when they stand on the same rounds."""

    by_round: Mapping[int, float]
    by_pass: Mapping[int, float] = field(default_factory=dict)
    """Profiled pass → what it alone would contribute. Only how these differ counts; the mean is of rounds."""

    def __add__(self, other: "Contrast") -> "Contrast":
        by_round = {number: value + other._at(number, self) for number, value in self.by_round.items()}
        return Contrast(by_round, weighted_passes(((1.0, self.by_pass), (1.0, other.by_pass))))

    def __sub__(self, other: "Contrast") -> "Contrast":
        by_round = {number: value - other._at(number, self) for number, value in self.by_round.items()}
        return Contrast(by_round, weighted_passes(((1.0, self.by_pass), (-1.0, other.by_pass))))

    @property
    def values(self) -> tuple[float, ...]:
        """One value per round, in order of rounds."""
        return tuple(self.by_round.values())

    @property
    def mean(self) -> float:
        """ln of the factor."""
        return mean(self.values)

    @property
    def lacks_passes(self) -> bool:
        """Whether it stands on profiled passes too few to say how passes differ."""
        return 0 < len(self.by_pass) < FEWEST_PASSES

    def _at(self, number: int, other: "Contrast") -> float:
        if self.by_round.keys() != other.by_round.keys():
            raise ValueError("contrasts over different rounds do not add")
        return self.by_round[number]


def contrast(
    logs: LogLatencies, weights: Weights, rounds: Iterable[int], passes: LogLatencies | None = None
) -> Contrast:
    """Read a weight vector off the rounds given; every rung with a weight must have each of them.

    `passes`: rung → profiled pass → what it contributes to ln(latency), for rungs computed from profiles.
    """
    return Contrast(
        {
            number: math.fsum(weight * logs[rung][number] for rung, weight in weights.items())
            for number in sorted(rounds)
        },
        weighted_passes((weight, (passes or {}).get(rung, {})) for rung, weight in weights.items()),
    )


def weighted_passes(terms: Iterable[tuple[float, Mapping[int, float]]]) -> dict[int, float]:
    """Sum over (weight, pass → value), over the passes that all have; empty where they cancel or none has."""
    found = [(weight, values) for weight, values in terms if values]
    if not found:
        return {}
    shared = set.intersection(*(set(values) for _, values in found))
    total = {one: math.fsum(weight * values[one] for weight, values in found) for one in sorted(shared)}
    return total if any(abs(value) > _DUST for value in total.values()) else {}


def add_weights(vectors: Iterable[Weights]) -> dict[str, float]:
    """Sum of weight vectors, without the rungs that cancel."""
    terms: dict[str, list[float]] = {}
    for vector in vectors:
        for rung, weight in vector.items():
            terms.setdefault(rung, []).append(weight)
    sums = {rung: math.fsum(values) for rung, values in terms.items()}
    return {rung: weight for rung, weight in sums.items() if abs(weight) > _DUST}


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; exact 0 for values that are all 0."""
    return math.fsum(values) / len(values)
