"""Warm-up goes on until the engine has nothing left to compile: code that is half tiered up has no speed yet.

V8 starts wasm in its baseline tier and compiles hot functions anew on background threads. How long that takes
depends on the model: 0.3 s for a MobileNet, more than a second for a small encoder, whose runs were timed at
86 ms instead of 30 when warm-up ended by the clock. So the compiler's own threads are watched. The garbage
collector works on the same threads; where it never rests (large outputs), runs that stay as they are must do.

How long the compiler rests between two functions is the model's own: 250 to 300 ms for a small encoder, and
the second one took 0.7 s, beside which runs take 5 to 15 % longer (measured). So a stretch that was timed is
looked at as well: what was compiled beside it says that it still was warm-up.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from gapprof.proc import thread_use
from gapprof.records.trial import Load, ThreadUse, TierUpEnd
from gapprof.records.wire.warm import WarmTask

CHUNK = WarmTask(warmup_ms=50.0, warmup_runs=1)
"""One look: long against the 4 ms of a scheduler's slice, short against a warm-up."""
QUIET_SHARE = 0.1
"""Of a chunk's time; garbage collection on the same threads mostly takes less (measured: 1 to 5 %)."""
QUIET_MS = 240.0
"""The compiler rests between two functions: after 100 ms of quiet a small encoder was not done (measured)."""
SHORT = 0.5
"""Of that much quiet, before a stretch that is looked at itself, which is longer: what is compiled beside it
has it timed anew, and a small encoder's is in any case (measured: 0.15 s less of a visit's 3.1 s)."""
QUIET_CHUNKS = 2
"""Where one run outlasts that, a single look says little: what a run makes hot is compiled after it."""
STEADY_MS = 1500.0
"""As long as compiling took at the most (measured: 0.1 to 1.2 s)."""
STEADY_CHUNKS = 5
STEADY = 0.03
"""By how much the medians of that many chunks in a row may differ, or of two stretches."""
MOST_MS = 6000.0
MOST_STRETCHES = 3
"""Of one visit, that turn out to be warm-up but for the last."""
_COMPILERS = ("ThreadPoolForeg", "node-V8Worker")
"""Names of the threads that Chromium's renderer and Node compile on, as the kernel cuts them off."""
_ENGINES = ("renderer", "node")
"""The model's own process, as `Load.threads` calls it; what tabs beside it compile is not its warm-up."""


@dataclass(slots=True)
class TierUp:
    """Chunks of warm-up so far."""

    share: float = 1.0
    """Of `QUIET_MS`, that is enough."""
    runs_ms: list[float] = field(default_factory=list)
    _spent_ms: float = 0.0
    _quiet_ms: float = 0.0
    _quiet_chunks: int = 0
    _medians: list[float] = field(default_factory=list)

    def add(self, runs_ms: Iterable[float], compiled_ms: float | None, *, wall_ms: float) -> None:
        """One more chunk, how long it took, and the CPU time that the compiler's threads used meanwhile."""
        runs = list(runs_ms)
        self.runs_ms += runs
        self._spent_ms += wall_ms
        self._medians.append(median(runs))
        idle = compiled_ms is not None and compiled_ms <= QUIET_SHARE * wall_ms
        self._quiet_ms = self._quiet_ms + wall_ms if idle else 0.0
        self._quiet_chunks = self._quiet_chunks + 1 if idle else 0

    @property
    def over(self) -> bool:
        """Whether to stop: nothing is left to compile, or it takes too long to wait for."""
        return self.ended != "unsettled" or self._spent_ms >= MOST_MS

    @property
    def ended(self) -> TierUpEnd:
        """By which sign the code has the speed that it will keep; without any it is unsettled."""
        if self._quiet_ms >= self.share * QUIET_MS and self._quiet_chunks >= QUIET_CHUNKS:
            return "compiler-idle"
        return "steady" if self._is_steady() else "unsettled"

    def _is_steady(self) -> bool:
        last = self._medians[-STEADY_CHUNKS:]
        if len(last) < STEADY_CHUNKS or self._spent_ms < STEADY_MS:
            return False
        return _alike(*last)


@dataclass(slots=True)
class Settling:
    """The timed stretches of one visit, which show whether its warm-up was over."""

    ended: TierUpEnd
    """The warm-up, as is known by now."""
    until_s: float
    """On the monotonic clock, for the whole visit."""
    compiled_ms: list[float] = field(default_factory=list)
    """Of stretches that were warm-up, a figure each."""
    _last_ms: float | None = None
    _watched: bool = field(init=False)

    def __post_init__(self) -> None:
        self._watched = self.ended == "compiler-idle"

    def was_warm_up(self, load: Load, figure_ms: float) -> bool:
        """Whether more warm-up is to follow what was timed under this load: something was compiled meanwhile.

        Where it never ends, or there is no time for more, what was timed last counts. Then it is the garbage
        collector if runs stay as they are, and else unsettled.
        """
        if not self._watched:
            return False
        before_ms, self._last_ms = self._last_ms, figure_ms
        if compiled_share(load) <= QUIET_SHARE:
            self.ended = "compiler-idle"
            return False
        if before_ms is not None and _alike(before_ms, figure_ms):
            self.ended = "steady"
            return False
        if len(self.compiled_ms) + 1 < MOST_STRETCHES and self._is_time_for_more(load):
            self.compiled_ms.append(figure_ms)
            return True
        self.ended = "unsettled"
        return False

    def _is_time_for_more(self, load: Load) -> bool:
        return time.monotonic() + (MOST_MS + 2 * load.wall_ms) / 1e3 < self.until_s


def compiled_share(load: Load) -> float:
    """Of a stretch, for how much of it the compiler was at work: more than QUIET_SHARE is not the garbage
    collector alone, mostly."""
    compiled_ms = sum(
        use.cpu_ms for use in load.threads if use.thread in _COMPILERS and use.process in _ENGINES
    )
    read_ms = load.wall_ms if load.threads_wall_ms is None else load.threads_wall_ms
    return compiled_ms / max(read_ms, QUIET_MS)


def _alike(*figures_ms: float) -> bool:
    return max(figures_ms) <= (1 + STEADY) * min(figures_ms)


def compiler_ms(pid: int | None) -> float | None:
    """CPU time that a process has spent on its compiler's threads; None where the system does not say."""
    uses: Iterable[ThreadUse] = thread_use(pid, "").values() if pid is not None else ()
    found = [use.cpu_ms for use in uses if use.thread in _COMPILERS]
    return sum(found) if found else None


def compiled_since(pid: int | None, before_ms: float | None) -> float | None:
    """What was added since an earlier reading."""
    now_ms = compiler_ms(pid)
    return None if now_ms is None or before_ms is None else now_ms - before_ms
