"""A number with its interval, as every document has it."""

from typing import Literal

from msgspec import Struct

Verdict = Literal["costs", "saves", "unclear", "not-applicable", "not-measured"]
EFFECTS: tuple[Verdict, ...] = ("costs", "saves")
"""Verdicts that a factor is away from 1."""
Owner = Literal["page", "model", "library", "browser", "hardware"]


class Estimate(Struct, frozen=True, kw_only=True):
    """A number with its interval; `rounds` independent replications stand behind it."""

    point: float
    low: float
    high: float
    level: float
    rounds: int

    def __post_init__(self) -> None:
        if not self.low <= self.point <= self.high:  # also catches NaN
            raise ValueError(f"{self.point} does not lie in [{self.low}, {self.high}]")

    @property
    def side_of_one(self) -> Literal["above", "below", "unclear"]:
        """On which side of 1 the whole interval lies; one round alone has no interval."""
        if self.rounds < 2 or self.low <= 1 <= self.high:
            return "unclear"
        return "above" if self.low > 1 else "below"
