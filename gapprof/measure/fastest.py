"""What this run has seen of its cores' speed, and for how long it may still wait for it."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce

from gapprof.core_distance import nearest_us
from gapprof.core_speed import fastest_us, fewest
from gapprof.facts.disturbance import distance, slowdown
from gapprof.measure.waits import Waits
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import Load

_FIRST_LOOK_S = 2.0
_FIRST_DISTANCE_S = 0.2
"""Cores stay as far apart as they are for seconds: a longer look would hardly see another state."""
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
    waits: Waits = field(default_factory=Waits)
    """Of the visit that goes on; all stages have the same."""
    _seen: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _near: deque[tuple[float, ...]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    """How near they were to one another."""

    def begin_with(self, first_us: tuple[float, ...], near_us: tuple[float, ...]) -> None:
        """What was seen before any visit."""
        self._seen.append(first_us)
        if near_us:
            self._near.append(near_us)

    def learn(self, load: Load) -> float:
        """From what was seen beside a visit; what it waited is gone.

        Where its cores became others meanwhile that is as much as it told, and is returned, ms: nothing else
        says it.
        """
        work, told_ms = load.core_work, self.waits.over_ms()
        if work is None:
            self._charge(told_ms)
            return told_ms
        self._seen.append(fewest(work.before_us, work.after_us))
        if work.nearest_us:
            self._near.append(_least(work.handed_before_us, work.handed_after_us))
        self._charge(work.waited_ms)
        return 0.0

    def failed(self) -> float:
        """What a visit that failed had waited by then, as far as it told, ms: it is gone as well."""
        told_ms = self.waits.over_ms()
        self._charge(told_ms)
        return told_ms

    def wanted(self) -> CoreSpeed | None:
        """For the next visit."""
        if not self._seen:
            return None
        return CoreSpeed(
            fastest_us=reduce(fewest, self._seen),
            longest_wait_ms=max(0.0, min(LONGEST_WAIT_MS, self.left_s * 1e3)),
            nearest_us=reduce(_least, self._near, ()),
        )

    def were_slow(self, load: Load) -> bool:
        """Whether this visit's cores were slower, or further apart, than they can be, as is known now."""
        wanted = self.wanted()
        if wanted is None:
            return False
        return slowdown(load, wanted.fastest_us) is not None or distance(load, wanted.nearest_us) is not None

    @contextmanager
    def at_most(self, waits_s: float) -> Iterator[None]:
        """Within it no more is waited than that; the rest is for later."""
        later_s = max(0.0, self.left_s - waits_s)
        self.left_s -= later_s
        try:
            yield
        finally:
            self.left_s += later_s

    def for_another_stage(self, left_s: float) -> "Fastest":
        """The same cores, which both learn of, and as long for waiting."""
        return replace(self, left_s=left_s, waited_s=0.0)

    def _charge(self, waited_ms: float) -> None:
        self.left_s -= waited_ms / 1e3
        self.waited_s += waited_ms / 1e3


def looked_at(waits: Waits, *, left_s: float) -> Fastest:
    """The machine's cores, for a moment. `left_s`: for all waiting of the run; fast cores take none of it."""
    found = Fastest(left_s=left_s, waits=waits)
    if first_us := fastest_us(_FIRST_LOOK_S):
        found.begin_with(first_us, nearest_us(_FIRST_DISTANCE_S))
    return found


def _least(some: Sequence[float], others: Sequence[float]) -> tuple[float, ...]:
    """Pair by pair; the ones that there are where the other look was at other cores, or at none."""
    return tuple(map(min, some, others)) if len(some) == len(others) else tuple(some or others)
