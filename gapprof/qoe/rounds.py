"""How often the page is visited: as often as intervals want, or as what is left of a budget allows. Pure."""

from dataclasses import dataclass

ROUNDS = 4
FEWEST = 2
"""One round has no interval; there is but one where it alone takes longer than the whole budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Seconds that a run has for its rounds, and that what follows them will take of those."""

    until_s: float
    reserved_s: float = 0.0

    def rounds(self, *, now_s: float, round_s: float) -> int:
        """Of all, once the first is over and took so long."""
        if round_s > self.until_s:
            return 1
        each_s = max(round_s, 1e-3)
        left_s = min(self.until_s - self.reserved_s - now_s, ROUNDS * each_s)
        return max(FEWEST, min(ROUNDS, 1 + int(left_s / each_s)))
