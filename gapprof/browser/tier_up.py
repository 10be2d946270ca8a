"""Warm-up goes on until the engine has nothing left to compile: code that is half tiered up has no speed yet.

V8 starts wasm in its baseline tier and compiles hot functions anew on background threads. How long that takes
depends on the model: 0.3 s for a MobileNet, more than a second for a small encoder, whose runs were timed at
86 ms instead of 30 when warm-up ended by the clock. So the compiler's own threads are watched.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from gapprof.proc import thread_use
from gapprof.records.trial import ThreadUse
from gapprof.records.wire import WarmTask

CHUNK = WarmTask(warmup_ms=80.0, warmup_runs=1)
"""One look: long against the 4 ms of a scheduler's slice, short against a warm-up."""
QUIET_SHARE = 0.1
"""Of a chunk's time; garbage collection on the same threads takes less (measured: 1 to 5 %)."""
QUIET_CHUNKS = 2
MOST_MS = 6000.0
STEADY = 0.03
"""Where no thread can be watched: how little the median of a chunk may still move."""
_COMPILERS = ("ThreadPoolForeg", "node-V8Worker")
"""Names of the threads that Chromium's renderer and Node compile on, as the kernel cuts them off."""


@dataclass(slots=True)
class TierUp:
    """Chunks of warm-up so far."""

    runs_ms: list[float] = field(default_factory=list)
    compiling_share: float | None = None
    """Of the last chunk; None where the system does not say what a thread does."""
    _quiet: int = 0
    _medians: list[float] = field(default_factory=list)

    def add(self, runs_ms: Iterable[float], compiled_ms: float | None) -> None:
        """One more chunk, and the CPU time that the compiler's threads used meanwhile."""
        runs = list(runs_ms)
        spent_ms = sum(runs)
        self.runs_ms += runs
        self._medians.append(median(runs))
        self.compiling_share = None if compiled_ms is None or spent_ms <= 0 else compiled_ms / spent_ms
        self._quiet = self._quiet + 1 if self._is_quiet() else 0

    @property
    def over(self) -> bool:
        """Whether to stop: nothing was compiled for a while, or it takes too long to wait for."""
        return self._quiet >= QUIET_CHUNKS or sum(self.runs_ms) >= MOST_MS

    def _is_quiet(self) -> bool:
        if self.compiling_share is not None:
            return self.compiling_share <= QUIET_SHARE
        before = self._medians[-2:-1]
        return bool(before) and abs(self._medians[-1] / before[0] - 1) <= STEADY


def compiler_ms(pid: int | None) -> float | None:
    """CPU time that a process has spent on its compiler's threads; None where the system does not say."""
    uses: Iterable[ThreadUse] = thread_use(pid, "").values() if pid is not None else ()
    found = [use.cpu_ms for use in uses if use.thread in _COMPILERS]
    return sum(found) if found else None


def compiled_since(pid: int | None, before_ms: float | None) -> float | None:
    """What was added since an earlier reading."""
    now_ms = compiler_ms(pid)
    return None if now_ms is None or before_ms is None else now_ms - before_ms
