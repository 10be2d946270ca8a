"""One visit's cores: it waits until those that it uses are fast, and times anew what they were slow in."""

import math
import time
from collections.abc import Callable, Collection

from gapprof.core_speed import work_us
from gapprof.facts.disturbance import SLOWER, slow_cores
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import CoreWork

Waiting = Callable[[float], None]
"""Told for how long a visit has waited so far, ms, whenever it goes on waiting; never while it times."""


def unheard(_: float) -> None:
    """Nobody asks."""


class FastCores:
    """Asked before a timed stretch and after it. Where there is nothing to compare with, it never looks."""

    def __init__(self, wanted: CoreSpeed | None, waiting: Waiting = unheard) -> None:
        self._wanted = wanted if wanted is not None and wanted.fastest_us else None
        self._waiting = waiting
        self._began_s = time.monotonic()
        self._waited_ms = 0.0
        self._before_us: tuple[float, ...] = ()
        self._after_us: tuple[float, ...] = ()
        self._used: frozenset[int] = frozenset()
        self._discarded_ms: list[float] = []

    def ready_on(self, used: Collection[int]) -> bool:
        """Whether the cores at these places, all where there are none, are fast, or the wait is over."""
        if self._wanted is None:
            return True
        self._used = frozenset(used)
        self._before_us = self._look(self._used)
        return self._may_begin(bool(slow_cores(self._wanted.fastest_us, self._before_us, self._used)))

    def ready_anywhere(self, at: int | None) -> bool:
        """The same for the thread that asks, which needs a single one: if its own, at place `at`, is slow, it
        is left on one that is not."""
        if self._wanted is None:
            return True
        self._used = frozenset()
        self._before_us = self._look(())
        slow = slow_cores(self._wanted.fastest_us, self._before_us)
        fast = [place for place in range(len(self._before_us)) if place not in slow]
        if fast:
            place = at if at in fast else fast[0]
            self._used = frozenset((place,))
            if place != at:
                self._look((place,), last=place)
        return self._may_begin(bool(slow) and not fast)

    def over(self, used: Collection[int], figure_ms: float) -> bool:
        """Whether what was timed on these cores, all where there are none, is good, or no time for more."""
        if self._wanted is None:
            return True
        self._used |= frozenset(used)
        self._after_us = self._look(self._used)
        slow = slow_cores(self._wanted.fastest_us, self._after_us, self._used)
        so_far_ms = self._so_far_ms()
        if not slow or self._out_of_time(so_far_ms):
            return True
        self._discarded_ms.append(figure_ms)
        self._waiting(so_far_ms)
        return False

    def found(self) -> CoreWork | None:
        """What was seen; None where nobody looked, or the cores were others meanwhile."""
        if self._wanted is None:
            return None
        looks = (self._wanted.fastest_us, self._before_us, self._after_us)
        if len(set(map(len, looks))) > 1:
            return None
        return CoreWork(
            fastest_us=self._wanted.fastest_us,
            before_us=self._before_us,
            after_us=self._after_us,
            used=tuple(sorted(self._used)),
            waited_ms=self._waited_ms,
            discarded_ms=tuple(self._discarded_ms),
        )

    def _look(self, used: Collection[int], *, last: int | None = None) -> tuple[float, ...]:
        """At all cores, with patience for those that are used, all where none are named."""
        fastest_us = self._wanted.fastest_us if self._wanted is not None else ()
        enough_us = (SLOWER * us if not used or at in used else math.inf for at, us in enumerate(fastest_us))
        return work_us(tuple(enough_us), last=last)

    def _may_begin(self, slow: bool) -> bool:
        waited_ms = self._so_far_ms()
        begins = not slow or self._out_of_time(waited_ms)
        if begins:
            self._waited_ms = waited_ms
        else:
            self._waiting(waited_ms)
        return begins

    def _so_far_ms(self) -> float:
        return (time.monotonic() - self._began_s) * 1e3

    def _out_of_time(self, so_far_ms: float) -> bool:
        return so_far_ms >= (0.0 if self._wanted is None else self._wanted.longest_wait_ms)
