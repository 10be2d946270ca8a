"""One visit's cores: it waits until those that it uses are fast, and near one another where it uses several,
and times anew what they were slow in.

What is timed is one stretch or several, each asked about before and after it.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from gapprof.core_distance import handed_us
from gapprof.core_speed import work_us
from gapprof.facts.disturbance import FARTHER, SLOWER, far_pairs, slow_cores
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import CoreWork

Waiting = Callable[[float], None]
"""Told for how long a visit has waited so far, ms, whenever it goes on waiting; never while it times."""


def unheard(_: float) -> None:
    """Nobody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """At all cores."""

    work_us: tuple[float, ...] = ()
    handed_us: tuple[float, ...] = ()
    """Empty where a single core is used, and where nobody knows how near they can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looks:
    """Just before a stretch and just after."""

    used: frozenset[int]
    """Places of the cores that it was on; empty: all."""
    before: _Look
    after: _Look = _Look()


class FastCores:
    """Asked before a timed stretch and after it. Where there is nothing to compare with, it never looks."""

    def __init__(self, wanted: CoreSpeed | None, waiting: Waiting = unheard) -> None:
        self._wanted = wanted if wanted is not None and wanted.fastest_us else None
        self._waiting = waiting
        self._waited_ms = 0.0
        """Before the stretch or the wait that goes on."""
        self._waits_since_s: float | None = None
        self._began_s = 0.0
        """The stretch that goes on, with the look before it."""
        self._now = _Looks(used=frozenset(), before=_Look())
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
        self._began_s = time.monotonic()
        self._now = _Looks(used=frozenset(used), before=self._look(used))
        return self._may_begin(self._is_slow(self._now.before, used))

    def ready_anywhere(self, at: int | None) -> bool:
        """The same for the thread that asks, which needs a single one: if its own, at place `at`, is slow, it
        is left on one that is not."""
        if self._wanted is None:
            return True
        self._began_s = time.monotonic()
        before_us = self._work_us()
        slow = slow_cores(self._wanted.fastest_us, before_us)
        fast = [place for place in range(len(before_us)) if place not in slow]
        on = at if at in fast else next(iter(fast), None)
        self._now = _Looks(used=frozenset(() if on is None else (on,)), before=_Look(work_us=before_us))
        if on is not None and on != at:
            self._work_us(last=on)
        return self._may_begin(bool(slow) and not fast)

    def over(self, used: Collection[int], figure_ms: float) -> bool:
        """Whether what was timed on these cores, all where there are none, is good, or no time for more."""
        if self._wanted is None:
            return True
        used = self._now.used | frozenset(used)
        after = self._look(used)
        lost_ms = self._waited_ms + (time.monotonic() - self._began_s) * 1e3
        slow = self._is_slow(self._now.before, used) or self._is_slow(after, used)
        if not slow or self._out_of_time(lost_ms):
            self._counting.append(replace(self._now, used=used, after=after))
            return True
        self._waits_since_s = self._began_s
        self._discarded_ms.append(figure_ms)
        self._waiting(lost_ms)
        return False

    def forget(self) -> None:
        """What was good so far does not count: it was warm-up. What was waited does."""
        self._counting.clear()

    def found(self) -> CoreWork | None:
        """What was seen beside what counts; None where nobody looked, or the cores were others meanwhile."""
        if self._wanted is None or not self._counting:
            return None
        before = [(one.before.work_us, one.used) for one in self._counting]
        after = [(one.after.work_us, one.used) for one in self._counting]
        if {len(us) for us, _ in before + after} != {len(self._wanted.fastest_us)}:
            return None
        places = range(len(self._wanted.fastest_us))
        anywhere = any(not one.used for one in self._counting)
        handed_before_us = _farthest_us([one.before.handed_us for one in self._counting])
        handed_after_us = _farthest_us([one.after.handed_us for one in self._counting])
        seen = len(handed_before_us) == len(handed_after_us) == len(self._wanted.nearest_us)
        return CoreWork(
            fastest_us=self._wanted.fastest_us,
            before_us=tuple(_slowest_us(place, before) for place in places),
            after_us=tuple(_slowest_us(place, after) for place in places),
            used=() if anywhere else tuple(sorted(frozenset().union(*(one.used for one in self._counting)))),
            waited_ms=self._waited_ms,
            discarded_ms=tuple(self._discarded_ms),
            nearest_us=self._wanted.nearest_us if seen else (),
            handed_before_us=handed_before_us if seen else (),
            handed_after_us=handed_after_us if seen else (),
        )

    def _look(self, used: Collection[int]) -> _Look:
        """At all cores, with patience for each: the model may be moved to any of them. At how near they are
        to one another as well, where several are used."""
        nearest_us = self._wanted.nearest_us if self._wanted is not None and len(used) != 1 else ()
        handed = handed_us(tuple(FARTHER * us for us in nearest_us)) if nearest_us else ()
        return _Look(handed_us=handed, work_us=self._work_us())

    def _work_us(self, *, last: int | None = None) -> tuple[float, ...]:
        fastest_us = self._wanted.fastest_us if self._wanted is not None else ()
        return work_us(tuple(SLOWER * us for us in fastest_us), last=last)

    def _is_slow(self, look: _Look, used: Collection[int]) -> bool:
        """Whether one of these cores is, or two of them are far apart."""
        if self._wanted is None:
            return False
        fastest_us, nearest_us = self._wanted.fastest_us, self._wanted.nearest_us
        slow = slow_cores(fastest_us, look.work_us, used)
        return bool(slow or far_pairs(len(fastest_us), nearest_us, look.handed_us, used))

    def _may_begin(self, slow: bool) -> bool:
        """A look at fast cores is no waiting."""
        if slow and self._waits_since_s is None:
            self._waits_since_s = self._began_s
        so_far_ms = self._so_far_ms()
        if slow and not self._out_of_time(so_far_ms):
            self._waiting(so_far_ms)
            return False
        self._waited_ms, self._waits_since_s = so_far_ms, None
        self._began_s = time.monotonic()
        return True

    def _so_far_ms(self) -> float:
        since_s = self._waits_since_s
        return self._waited_ms + (0.0 if since_s is None else (time.monotonic() - since_s) * 1e3)

    def _out_of_time(self, so_far_ms: float) -> bool:
        return so_far_ms >= (0.0 if self._wanted is None else self._wanted.longest_wait_ms)


def _slowest_us(place: int, looks: Sequence[tuple[Sequence[float], Collection[int]]]) -> float:
    """Of the core at that place, beside stretches that were on it; one that none was on is as fast as it was
    ever seen."""
    on_it = [us[place] for us, used in looks if not used or place in used]
    return max(on_it) if on_it else min(us[place] for us, _ in looks)


def _farthest_us(looks: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Pair by pair; empty where one of the looks was at other cores, or at none."""
    return tuple(map(max, *looks, looks[0])) if len(set(map(len, looks))) == 1 else ()
