"""Per-round weighted sums of ln(latency): the only thing that is ever added or subtracted."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LogLatencies = Mapping[str, Mapping[int, float]]
"""Rung → round → ln(latency in ms)."""
Weights = Mapping[str, float]
"""Rung → weight; a contrast's weights sum to 0."""

_DUST = 1e-12


@dataclass(frozen=True, slots=True)
class Contrast:
    """Round → weighted sum of ln(latency). Two contrasts add only when they stand on the same rounds."""

    by_round: Mapping[int, float]

    def __add__(self, other: "Contrast") -> "Contrast":
        return Contrast({number: value + other._at(number, self) for number, value in self.by_round.items()})

    def __sub__(self, other: "Contrast") -> "Contrast":
        return Contrast({number: value - other._at(number, self) for number, value in self.by_round.items()})

    @property
    def values(self) -> tuple[float, ...]:
        """One value per round, in order of rounds."""
        return tuple(self.by_round.values())

    @property
    def mean(self) -> float:
        """ln of the factor."""
        return mean(self.values)

    def _at(self, number: int, other: "Contrast") -> float:
        if self.by_round.keys() != other.by_round.keys():
            raise ValueError("contrasts over different rounds do not add")
        return self.by_round[number]


def contrast(logs: LogLatencies, weights: Weights, rounds: Iterable[int]) -> Contrast:
    """Read a weight vector off the rounds given; every rung with a weight must have each of them."""
    return Contrast(
        {
            number: math.fsum(weight * logs[rung][number] for rung, weight in weights.items())
            for number in sorted(rounds)
        }
    )


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
