"""One visit's cores: it waits until those that it uses are fast, and times anew what they were slow in.

What is timed is one stretch or several, each asked about before and after it.
"""

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from gapprof.core_speed import work_us
from gapprof.facts.disturbance import SLOWER, slow_cores
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import CoreWork

Waiting = Callable[[float], None]
"""Told for how long a visit has waited so far, ms, whenever it goes on waiting; never while it times."""


def unheard(_: float) -> None:
    """Nobody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """At all cores, just before a stretch and just after."""

    used: frozenset[int]
    """Places of those that it was on; empty: all."""
    before_us: tuple[float, ...]
    after_us: tuple[float, ...] = ()


class FastCores:
    """Asked before a timed stretch and after it. Where there is nothing to compare with, it never looks."""

    def __init__(self, wanted: CoreSpeed | None, waiting: Waiting = unheard) -> None:
        self._wanted = wanted if wanted is not None and wanted.fastest_us else None
        self._waiting = waiting
        self._since_s = time.monotonic()
        """It may have waited before; all since then is waiting, unless a stretch that counts is over."""
        self._waited_ms = 0.0
        self._now = _Looks(used=frozenset(), before_us=())
        self._counting: list[_Looks] = []
        self._discarded_ms: list[float] = []

    @property
    def looks(self) -> bool:
        """Whether it ever does."""
        return self._wanted is not None

    def ready_on(self, used: Collection[int]) -> bool:
        """Whether the cores at these places, all where there are none, are fast, or the wait is over."""
        if self._wanted is None:
            return True
        self._now = _Looks(used=frozenset(used), before_us=self._look(used))
        return self._may_begin(bool(slow_cores(self._wanted.fastest_us, self._now.before_us, used)))

    def ready_anywhere(self, at: int | None) -> bool:
        """The same for the thread that asks, which needs a single one: if its own, at place `at`, is slow, it
        is left on one that is not."""
        if self._wanted is None:
            return True
        before_us = self._look(())
        slow = slow_cores(self._wanted.fastest_us, before_us)
        fast = [place for place in range(len(before_us)) if place not in slow]
        on = at if at in fast else next(iter(fast), None)
        self._now = _Looks(used=frozenset(() if on is None else (on,)), before_us=before_us)
        if on is not None and on != at:
            self._look((on,), last=on)
        return self._may_begin(bool(slow) and not fast)

    def over(self, used: Collection[int], figure_ms: float) -> bool:
        """Whether what was timed on these cores, all where there are none, is good, or no time for more."""
        if self._wanted is None:
            return True
        used = self._now.used | frozenset(used)
        after_us = self._look(used)
        so_far_ms = self._so_far_ms()
        slow = slow_cores(self._wanted.fastest_us, after_us, used)
        if not slow or self._out_of_time(so_far_ms):
            self._counting.append(replace(self._now, used=used, after_us=after_us))
            self._since_s = time.monotonic()
            return True
        self._discarded_ms.append(figure_ms)
        self._waiting(so_far_ms)
        return False

    def found(self) -> CoreWork | None:
        """What was seen beside what counts; None where nobody looked, or the cores were others meanwhile."""
        if self._wanted is None or not self._counting:
            return None
        before = [(one.before_us, one.used) for one in self._counting]
        after = [(one.after_us, one.used) for one in self._counting]
        if {len(us) for us, _ in before + after} != {len(self._wanted.fastest_us)}:
            return None
        places = range(len(self._wanted.fastest_us))
        anywhere = any(not one.used for one in self._counting)
        return CoreWork(
            fastest_us=self._wanted.fastest_us,
            before_us=tuple(_slowest_us(place, before) for place in places),
            after_us=tuple(_slowest_us(place, after) for place in places),
            used=() if anywhere else tuple(sorted(frozenset().union(*(one.used for one in self._counting)))),
            waited_ms=self._waited_ms,
            discarded_ms=tuple(self._discarded_ms),
        )

    def _look(self, used: Collection[int], *, last: int | None = None) -> tuple[float, ...]:
        """At all cores, with patience for those that are used, all where none are named."""
        fastest_us = self._wanted.fastest_us if self._wanted is not None else ()
        enough_us = (SLOWER * us if not used or at in used else math.inf for at, us in enumerate(fastest_us))
        return work_us(tuple(enough_us), last=last)

    def _may_begin(self, slow: bool) -> bool:
        so_far_ms = self._so_far_ms()
        begins = not slow or self._out_of_time(so_far_ms)
        if begins:
            self._waited_ms, self._since_s = so_far_ms, time.monotonic()
        else:
            self._waiting(so_far_ms)
        return begins

    def _so_far_ms(self) -> float:
        return self._waited_ms + (time.monotonic() - self._since_s) * 1e3

    def _out_of_time(self, so_far_ms: float) -> bool:
        return so_far_ms >= (0.0 if self._wanted is None else self._wanted.longest_wait_ms)


def _slowest_us(place: int, looks: Sequence[tuple[Sequence[float], Collection[int]]]) -> float:
    """Of the core at that place, beside stretches that were on it; one that none was on is as fast as it was
    ever seen."""
    on_it = [us[place] for us, used in looks if not used or place in used]
    return max(on_it) if on_it else min(us[place] for us, _ in looks)
