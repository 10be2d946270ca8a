"""A timed stretch in pieces, each between two looks at its cores: those whose cores were slow are timed anew.

A neighbour on the same processor comes and goes within fractions of a second, and cores move apart: the
shorter a piece, the less of either goes by between two looks, and the less is timed anew. Pieces are as fast
as one stretch (measured, in turn: 3.61 and 3.59 ms on two threads, 4.61 and 4.59 ms on one).
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from math import fsum
from operator import add
from statistics import median

from gapprof.core_speed import LOOK_S, core_of
from gapprof.fast_cores import FastCores, Waiting
from gapprof.native.stopwatch import Stretch, joined, stretch
from gapprof.native.usage import Figures, Spent, between, figures
from gapprof.records.job import Job, Pace
from gapprof.records.trial import CoreWork

_PIECE_MS = 50.0
_PIECE_SAMPLES = 2
"""At least: one more batch settles before them, which is not timed. Where a piece is as long as a whole
stretch may be, the rest is one piece."""


def on_fast_cores(
    run: Callable[[], object], job: Job, waiting: Waiting, *, threads: int
) -> tuple[Stretch, Spent, CoreWork | None]:
    """Pieces until they are as much as the pace wants, what was used meanwhile, and what was seen of the
    cores; a single piece where nobody looks at them. Neither waiting nor a piece that does not count is in
    what was used."""
    cores, pace, kept = FastCores(job.core_speed, waiting), job.pace, _Kept()
    samples, least_ms = pace.samples, pace.native_stretch_ms
    if cores.looks:
        samples, least_ms = min(samples, _PIECE_SAMPLES), min(least_ms, _PIECE_MS)
    while not kept.enough(pace):
        while not (cores.ready_on(()) if threads > 1 else cores.ready_anywhere(_here())):
            kept.part()
            time.sleep(LOOK_S)
        before = figures()
        samples = max(samples, kept.rest(pace))
        piece = stretch(run, batch=pace.batch, samples=samples, least_ms=least_ms)
        after, here = figures(), _here()
        if cores.over(() if threads > 1 or here is None else (here,), median(piece.samples_ms)):
            kept.add(piece, before, after)
        else:
            kept.part()
    return joined(kept.pieces), kept.spent(), cores.found()


@dataclass(slots=True)
class _Kept:
    """The pieces that count. Those that follow one another are one window of what was used: each window's
    ends are uncertain by the ticks of the system's clock."""

    pieces: list[Stretch] = field(default_factory=list)
    _windows: list[tuple[Figures, Figures]] = field(default_factory=list)
    _goes_on: bool = False

    def enough(self, pace: Pace) -> bool:
        """Both in samples and in ms."""
        lasted_ms = fsum(piece.wall_ms for piece in self.pieces)
        return self._lacking(pace) <= 0 and lasted_ms >= pace.native_stretch_ms

    def rest(self, pace: Pace) -> int:
        """Samples that lack, where one piece was as long as a whole stretch may be; 0 of faster models."""
        slow = any(piece.wall_ms >= pace.native_stretch_ms > 0 for piece in self.pieces)
        return self._lacking(pace) if slow else 0

    def add(self, piece: Stretch, before: Figures, after: Figures) -> None:
        """The next one."""
        self.pieces.append(piece)
        began = self._windows.pop()[0] if self._goes_on else before
        self._windows.append((began, after))
        self._goes_on = True

    def part(self) -> None:
        """What comes now is no part of a window."""
        self._goes_on = False

    def _lacking(self, pace: Pace) -> int:
        return pace.samples - sum(len(piece.samples_ms) for piece in self.pieces)

    def spent(self) -> Spent:
        """Of all windows."""
        return reduce(add, (between(began, ended) for began, ended in self._windows))


def _here() -> int | None:
    """The place of the core that this thread is on."""
    return core_of(os.getpid(), threading.get_native_id())
