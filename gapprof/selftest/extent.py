"""How many rounds: by the clock, then by how wide intervals are; never by what was found."""

import math
from dataclasses import dataclass

ROUNDS = 8
QUICK_ROUNDS = 8
FEWEST_ROUNDS = 3
"""Of two, intervals of 99.9 % have no end worth printing. Where there is time for hardly more than these,
rows are vague, and say so."""
QUICK_S = 195.0
"""Of the four minutes that `--quick` promises; the rest is for starting, judging and a slow round."""
WHOLE_S = 5400.0
"""Up to which a whole run goes on where rows are still too vague to judge."""
_WHOLE_WAITS_S, _QUICK_WAITS_S = 600.0, 15.0
"""For cores to be fast again, on top of the time above."""
_STEP = 0.5
"""Of the rounds there are, so many more at least: who looks after every one stops where chance looks best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """As many rounds as there should be, and the time after which there are fewer."""

    rounds: int = ROUNDS
    most_s: float | None = None
    vague_until_s: float = 0.0
    """Until then there are more where rows are too vague to judge; 0: never."""
    waits_s: float = 0.0
    """For cores that somebody else slows down."""

    def rounds_in(self, *, began_s: float, round_s: float) -> int:
        """The number of rounds, for what one of them takes, those that were made among them; all times since
        the run began."""
        if self.most_s is None:
            return self.rounds
        affordable = int((self.most_s - began_s) / max(round_s, 1e-3))
        return max(min(FEWEST_ROUNDS, self.rounds), min(self.rounds, affordable))

    def further_rounds(self, *, done: int, short: int, now_s: float, round_s: float) -> int:
        """How many more; `short`: rounds that the least vague row lacks. All times since the run began."""
        if not short:
            return 0
        affordable = int((self.vague_until_s - now_s) / max(round_s, 1e-3))
        return max(0, min(affordable, max(short, math.ceil(_STEP * done))))


WHOLE = Extent(vague_until_s=WHOLE_S, waits_s=_WHOLE_WAITS_S)
QUICK = Extent(rounds=QUICK_ROUNDS, most_s=QUICK_S, vague_until_s=QUICK_S, waits_s=_QUICK_WAITS_S)
