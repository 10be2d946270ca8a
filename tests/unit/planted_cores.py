"""Cores that look as they are planned to, and clocks that nothing moves but a wait or a run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from gapprof import fast_cores
from gapprof.records.job import CoreSpeed

FAST, SLOW = 100.0, 180.0


@dataclass(slots=True)
class Clock:
    """All clocks of a visit."""

    now_ns: int = 0

    def waits(self, for_s: float) -> None:
        self.now_ns += round(for_s * 1e9)

    def lasting(self, ms: float) -> Callable[[], None]:
        """A run that takes so long."""
        return lambda: self.waits(ms / 1e3)


def planted_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    planted = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: planted.now_ns / 1e9)
    monkeypatch.setattr(time, "perf_counter_ns", lambda: planted.now_ns)
    monkeypatch.setattr(time, "sleep", planted.waits)
    return planted


def planted_looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    """What is seen of the cores, look by look; the last one again and again."""
    planned: list[tuple[float, ...]] = []

    def look(_enough_us: Sequence[float] = (), *, last: int | None = None) -> tuple[float, ...]:
        if last is not None:
            return planned[0]
        return planned.pop(0) if len(planned) > 1 else planned[0]

    monkeypatch.setattr(fast_cores, "work_us", look)
    return planned


def speed(*us: float, longest_wait_ms: float = 60_000.0) -> CoreSpeed:
    return CoreSpeed(fastest_us=us, longest_wait_ms=longest_wait_ms)
