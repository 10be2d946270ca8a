"""A timed stretch of a page between looks at its cores: paced requests in pieces, all else in one.

A neighbour on the same processor comes and goes within fractions of a second. Requests have pauses between
them anyway, in which there is room for a look; the shorter a piece, the less goes by between two looks, and
the less is timed anew.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import fsum
from statistics import fmean

from msgspec.structs import replace

from gapprof.browser import scheduler, tasks
from gapprof.browser.ready import Ready
from gapprof.browser.scheduler import Window
from gapprof.browser.watched_cores import Between, on_fast_cores
from gapprof.fast_cores import FastCores
from gapprof.records.job import Job
from gapprof.records.trial import Load
from gapprof.records.wire.time import Timed, TimeTask

_PIECE_MS = 250.0
_FEWEST_REQUESTS = 5
"""The first one of a piece finds colder caches: a run of 10 ms takes a fiftieth longer (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What counts of it."""

    timed: Timed
    load: Load
    others: tuple[Load, ...]
    """Beside each piece that does not count, for its cores were slow."""

    @property
    def times_ms(self) -> tuple[float, ...]:
        """Requests, or samples."""
        return times_ms(self.timed)


async def stretch(job: Job, ready: Ready, cores: FastCores) -> Stretch:
    """Every piece once its cores are fast, and anew where they were slow meanwhile, while there is time.

    Raises CallError, VisitError.
    """
    running = [tid for tid, role in ready.crew.roles.items() if role != "main"]
    kept = _Kept()
    for task in pieces(tasks.time_task(job), run_ms=ready.run_ms, looks=cores.looks):
        ask = partial(ready.visit.ask, task, Timed)
        timed, between = await on_fast_cores(cores, ready, running, ask)
        while not cores.over(between.used, fmean(times_ms(timed))):
            kept.discard(between)
            timed, between = await on_fast_cores(cores, ready, running, ask)
        kept.add(timed, between)
    return kept.stretch()


def pieces(task: TimeTask, *, run_ms: float, looks: bool) -> Iterator[TimeTask]:
    """Those of a whole stretch, as equal as whole requests are; a single one where nobody looks."""
    if not looks or not task.requests:
        yield task
        return
    period_ms = run_ms + sum(task.think_ms) / 2
    size = max(_FEWEST_REQUESTS, math.ceil(_PIECE_MS / period_ms))
    count = max(1, task.requests // size)
    for first, end in pairwise(task.requests * place // count for place in range(count + 1)):
        yield replace(task, requests=end - first, first=first)


def times_ms(timed: Timed) -> tuple[float, ...]:
    """Of requests, where it has any, or samples."""
    return timed.requests_ms or timed.samples_ms


@dataclass(slots=True)
class _Kept:
    """Pieces that count, and those that do not.

    What the machine did is counted in ticks, of which each end of a window may be one off: pieces that follow
    one another are one. What threads did is known to the ns: a look between two pieces, for which a thread
    of the page may have to wait, is in none.
    """

    _timed: list[Timed] = field(default_factory=list)
    _pieces: list[Window] = field(default_factory=list)
    _windows: list[Window] = field(default_factory=list)
    _others: list[Window] = field(default_factory=list)
    _goes_on: bool = False

    def add(self, timed: Timed, between: Between) -> None:
        """The next one."""
        self._timed.append(timed)
        self._pieces.append((between.before, between.after))
        goes_on = self._goes_on and not between.waited
        began = self._windows.pop()[0] if goes_on else between.before
        self._windows.append((began, between.after))
        self._goes_on = True

    def discard(self, between: Between) -> None:
        """One that does not count."""
        self._others.append((between.before, between.after))
        self._goes_on = False

    def stretch(self) -> Stretch:
        """All of it."""
        timed = _joined(self._timed)
        return Stretch(
            timed=timed,
            load=scheduler.load_in(self._windows, self._pieces, runs_ms=timed.busy_ms),
            others=tuple(scheduler.load(first, last) for first, last in self._others),
        )


def _joined(timed: Sequence[Timed]) -> Timed:
    """As if it had been one."""
    return Timed(
        samples_ms=tuple(ms for one in timed for ms in one.samples_ms),
        requests_ms=tuple(ms for one in timed for ms in one.requests_ms),
        runs_ms=tuple(ms for one in timed for ms in one.runs_ms),
        ways=timed[0].ways,
        stretch_ms=fsum(one.stretch_ms for one in timed),
        busy_ms=fsum(one.busy_ms for one in timed),
    )
