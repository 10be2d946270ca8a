"""Times runs. The only clock of the native side."""

import gc
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NS_PER_MS = 1e6
_READS = 20_000


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


def batches(run: Callable[[], object], *, batch: int, samples: int) -> list[float]:
    """Mean ms per run of each of `samples` batches. Only runs happen, and two clock reads per batch.

    One batch goes before them untimed: whoever read figures or collected garbage in between has left cold
    caches, which cost the first sample 5 to 20 %.
    """
    clock = time.perf_counter_ns
    repeats = range(batch)
    spans = [0] * samples
    with _collector_off():
        for _ in repeats:
            run()
        for i in range(samples):
            begin = clock()
            for _ in repeats:
                run()
            spans[i] = clock() - begin
    return [span / batch / _NS_PER_MS for span in spans]


@contextmanager
def _collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
