"""Times runs. The only clock of the native side."""

import gc
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_NS_PER_MS = 1e6
_READS = 20_000


def now_ms() -> float:
    """Of a clock that begins anywhere."""
    return time.perf_counter_ns() / _NS_PER_MS


def elapsed_ms(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - begin) / _NS_PER_MS


def since_spawn_ms(spawned_ns: int) -> float:
    """Time since another process read `time.monotonic_ns()`, a clock that all processes share."""
    return (time.monotonic_ns() - spawned_ns) / _NS_PER_MS


def step_us() -> float:
    """Smallest step of the clock that two reads in a row have shown."""
    clock = time.perf_counter_ns
    reads = [clock() for _ in range(_READS)]
    return min(later - earlier for earlier, later in itertools.pairwise(reads) if later > earlier) / 1e3


def warm_up(run: Callable[[], object], *, at_least_ms: float, at_least_runs: int) -> list[float]:
    """Single runs in ms until both bounds are met; the first is the cold one."""
    runs: list[float] = []
    spent = 0.0
    while len(runs) < max(1, at_least_runs) or spent < at_least_ms:
        runs.append(elapsed_ms(run))
        spent += runs[-1]
    return runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Batches of runs, one after the other."""

    samples_ms: list[float]
    """Mean per run of each batch."""
    wall_ms: float
    """Of all those batches."""
    cpu_ms: float
    """Of all threads of this process; the untimed batch before them included."""
    untimed_cpu_ms: float
    """Of that batch."""


def stretch(run: Callable[[], object], *, batch: int, samples: int, least_ms: float = 0.0) -> Stretch:
    """As many batches as samples are wanted, and more until they lasted long enough. Only runs happen, and
    three clock reads per batch.

    One batch goes before them untimed: whoever read figures or collected garbage in between has left cold
    caches, which cost the first sample 5 to 20 %.
    """
    clock = time.perf_counter_ns
    repeats = range(batch)
    spans: list[int] = []
    with _collector_off():
        cpu_before = time.process_time_ns()
        for _ in repeats:
            run()
        untimed_cpu_ns = time.process_time_ns() - cpu_before
        began = clock()
        until = began + least_ms * _NS_PER_MS
        while len(spans) < samples or clock() < until:
            begin = clock()
            for _ in repeats:
                run()
            spans.append(clock() - begin)
        wall_ns = clock() - began
        cpu_ns = time.process_time_ns() - cpu_before
    return Stretch(
        samples_ms=[span / batch / _NS_PER_MS for span in spans],
        wall_ms=wall_ns / _NS_PER_MS,
        cpu_ms=cpu_ns / _NS_PER_MS,
        untimed_cpu_ms=untimed_cpu_ns / _NS_PER_MS,
    )


def joined(pieces: Sequence[Stretch]) -> Stretch:
    """One stretch of several; the batches that settled before all but the first are not in its CPU time."""
    first, *later = pieces
    return Stretch(
        samples_ms=[sample for piece in pieces for sample in piece.samples_ms],
        wall_ms=math.fsum(piece.wall_ms for piece in pieces),
        cpu_ms=math.fsum((first.cpu_ms, *(piece.cpu_ms - piece.untimed_cpu_ms for piece in later))),
        untimed_cpu_ms=first.untimed_cpu_ms,
    )


@contextmanager
def _collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
