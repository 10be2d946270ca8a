"""One visit's cores: it waits until those that it uses are fast, and times anew what they were slow in."""

import time
from collections.abc import Iterable

from gapprof.core_speed import work_us
from gapprof.facts.disturbance import SLOWER, slow_cores
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import CoreWork


class FastCores:
    """Asked before a timed stretch and after it. Where there is nothing to compare with, it never looks."""

    def __init__(self, wanted: CoreSpeed | None) -> None:
        self._wanted = wanted if wanted is not None and wanted.fastest_us else None
        self._enough_us = tuple(SLOWER * us for us in wanted.fastest_us) if wanted is not None else ()
        self._began_s = time.monotonic()
        self._waited_ms = 0.0
        self._stretches = 0
        self._before_us: tuple[float, ...] = ()
        self._after_us: tuple[float, ...] = ()
        self._used: frozenset[int] = frozenset()

    def ready_on(self, used: Iterable[int]) -> bool:
        """Whether the cores at these places, all where there are none, are fast, or the wait is over."""
        if self._wanted is None:
            return True
        self._before_us = work_us(self._enough_us)
        self._used = frozenset(used)
        return self._may_begin(bool(slow_cores(self._wanted.fastest_us, self._before_us, self._used)))

    def ready(self, threads: int) -> bool:
        """The same for threads that may be anywhere: all cores count. One alone is left on the fastest."""
        if self._wanted is None:
            return True
        self._before_us = work_us(self._enough_us)
        slow = slow_cores(self._wanted.fastest_us, self._before_us)
        fast = [place for place in range(len(self._before_us)) if place not in slow]
        if threads > 1:
            return self._may_begin(bool(slow))
        if fast:
            work_us(self._enough_us, last=min(fast, key=self._before_us.__getitem__))
        return self._may_begin(not fast)

    def over(self, used: Iterable[int]) -> bool:
        """Whether what was timed on these cores, all where there are none, is good, or no time for more."""
        if self._wanted is None:
            return True
        self._after_us = work_us(self._enough_us)
        self._used |= frozenset(used)
        self._stretches += 1
        return self._out_of_time() or not slow_cores(self._wanted.fastest_us, self._after_us, self._used)

    def found(self) -> CoreWork | None:
        """What was seen; None where nobody looked."""
        if self._wanted is None:
            return None
        return CoreWork(
            fastest_us=self._wanted.fastest_us,
            before_us=self._before_us,
            after_us=self._after_us,
            used=tuple(sorted(self._used)),
            waited_ms=self._waited_ms,
            stretches=self._stretches,
        )

    def _may_begin(self, slow: bool) -> bool:
        begins = not slow or self._out_of_time()
        if begins:
            self._waited_ms = (time.monotonic() - self._began_s) * 1e3
        return begins

    def _out_of_time(self) -> bool:
        longest_ms = 0.0 if self._wanted is None else self._wanted.longest_wait_ms
        return (time.monotonic() - self._began_s) * 1e3 >= longest_ms
