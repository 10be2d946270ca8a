"""What this run has seen of its cores' speed, and for how long it may still wait for it."""

from collections import deque
from dataclasses import dataclass, field, replace
from functools import reduce

from gapprof.core_speed import fastest_us, fewest
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import Load

_FIRST_LOOK_S = 2.0
_KEPT = 40
"""Visits: a clock that is throttled for longer is what this machine has, and nobody waits for more."""
LONGEST_WAIT_MS = 10_000.0
"""Of one visit, stretches that do not count included. Slow spells of 1 to 6 s were seen, and as long between
them."""


@dataclass(slots=True, kw_only=True)
class Fastest:
    """Grows with the visits; without any look nobody waits."""

    left_s: float = 0.0
    waited_s: float = 0.0
    """So far: it is no part of the budget."""
    _seen: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def learn(self, load: Load) -> None:
        """From what was seen beside a visit; what it waited is gone."""
        work = load.core_work
        if work is not None:
            self._seen.append(fewest(work.before_us, work.after_us))
            self.left_s -= work.waited_ms / 1e3
            self.waited_s += work.waited_ms / 1e3

    def wanted(self) -> CoreSpeed | None:
        """For the next visit."""
        if not self._seen:
            return None
        return CoreSpeed(
            fastest_us=reduce(fewest, self._seen),
            longest_wait_ms=max(0.0, min(LONGEST_WAIT_MS, self.left_s * 1e3)),
        )

    def for_another_stage(self, left_s: float) -> "Fastest":
        """The same cores, which both learn of, and as long for waiting."""
        return replace(self, left_s=left_s, waited_s=0.0)


def looked_at(*, left_s: float) -> Fastest:
    """The machine's cores, for a moment. `left_s`: for all waiting of the run; fast cores take none of it."""
    first_us = fastest_us(_FIRST_LOOK_S)
    return Fastest(left_s=left_s, _seen=deque([first_us] if first_us else (), maxlen=_KEPT))
