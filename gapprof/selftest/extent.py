"""How many rounds: fixed for the whole run, by the clock after the first of them, never by what was found."""

from dataclasses import dataclass

ROUNDS = 8
QUICK_ROUNDS = 8
FEWEST_ROUNDS = 5
"""Below it the intervals of 99.9 % are so wide that hardly anything could fail."""
QUICK_S = 215.0
"""Of the four minutes that `--quick` promises; the rest is for starting, judging and a slow round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """As many rounds as there should be, and the time after which there are fewer."""

    rounds: int = ROUNDS
    most_s: float | None = None

    def rounds_in(self, *, began_s: float, round_s: float) -> int:
        """The number of rounds, for what one of them takes; all times since the run began."""
        if self.most_s is None:
            return self.rounds
        affordable = int((self.most_s - began_s) / max(round_s, 1e-3))
        return max(min(FEWEST_ROUNDS, self.rounds), min(self.rounds, affordable))


WHOLE = Extent()
QUICK = Extent(rounds=QUICK_ROUNDS, most_s=QUICK_S)
