"""Visits beyond the rounds that are repeated while other programs are at work, within a bound."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gapprof.facts.disturbance import disturbed
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.proc import cpu_ms_of, machine_busy_ms
from gapprof.records.trial import Load

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Whose CPU time it was since some moment: for a visit of which this process reaps all children."""

    at_s: float
    machine_busy_ms: float | None
    own_cpu_ms: float

    def load(self) -> Load:
        """Up to now."""
        first_ms, last_ms = self.machine_busy_ms, machine_busy_ms()
        return Load(
            wall_ms=(time.perf_counter() - self.at_s) * 1e3,
            machine_busy_ms=None if first_ms is None or last_ms is None else last_ms - first_ms,
            own_cpu_ms=cpu_ms_of((os.getpid(),)) - self.own_cpu_ms,
        )


def from_now() -> Since:
    """The beginning of a visit."""
    return Since(
        at_s=time.perf_counter(), machine_busy_ms=machine_busy_ms(), own_cpu_ms=cpu_ms_of((os.getpid(),))
    )


def until_quiet(
    visit: Callable[[int], T],
    loads: Callable[[T], Sequence[Load]],
    *,
    patience: Patience,
    keep: Callable[[T, bool], None],
) -> T:
    """Visit, by the number of the attempt, until nobody else was at work or the means are used up.

    `keep` gets every outcome, and whether what was disturbed in it does not count because it is tried again.
    The last outcome is returned. An outcome without loads is never repeated.
    """
    for attempt in range(ATTEMPTS):
        began_s = time.perf_counter()
        outcome = visit(attempt)
        again = (
            attempt < ATTEMPTS - 1
            and patience.left_s > 0
            and any(disturbed(load) is not None for load in loads(outcome))
        )
        keep(outcome, again)
        if not again:
            break
        patience.left_s -= time.perf_counter() - began_s
    return outcome


def struck_by(load: Load | None, again: bool) -> tuple[str, ...]:
    """Why what was measured under this load does not count, where it is tried again."""
    reason = disturbed(load) if load is not None and again else None
    return () if reason is None else (reason,)
