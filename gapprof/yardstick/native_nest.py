"""A loop nest as machine code of this process, called over and over on its table of arguments."""

import time
from typing import Any

import numpy as np

from gapprof.kernels.llvm.compile import Compiled, compiled
from gapprof.kernels.llvm.target import Target
from gapprof.kernels.machine import Machine
from gapprof.yardstick.wish import Effort, Wanted

_PERIOD = 4099
_PIECES = 8
"""Of a sample, after each of which a companion looks whether it is still wanted."""


class Nest:
    """One loop nest as machine code, with its table of arguments."""

    def __init__(self, code: Compiled, table: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        self._code, self._table = code, table
        self._batch = 1
        self._next = 0

    def warm_up(self, effort: Effort) -> None:
        """Touch everything once, then find how many calls make up a sample."""
        self._run(len(self._table))
        self.settle(effort)

    def settle(self, effort: Effort) -> None:
        """How many calls make up a sample, on memory that has been touched."""
        until = time.perf_counter() + effort.warmup_ms / 1e3
        while True:
            took_ms = self._run(self._batch) * 1e3
            if took_ms < effort.sample_ms:
                grown = self._batch * min(10.0, 1.1 * effort.sample_ms / max(took_ms, 1e-4))
                self._batch = int(grown) + 1
            elif time.perf_counter() > until:
                self._batch = max(1, round(self._batch * effort.sample_ms / took_ms))
                return

    def once(self) -> None:
        """One call; also before a sample, since what ran last has the caches."""
        self._run(1)

    def keep_up_with(self, timed: "Nest") -> None:
        """Work in pieces of a sample of another's."""
        self._batch = max(1, timed._batch // _PIECES)

    def piece(self) -> None:
        """One of them."""
        self._run(self._batch)

    def sample_us(self) -> float:
        """The mean of a call."""
        return self._run(self._batch) * 1e6 / self._batch

    def _run(self, times: int) -> float:
        """Seconds of so many calls; each batch begins where the last one ended, as in the page."""
        if self._next + times > len(self._table):  # it wraps around: from the first row on
            self._next = 0
        rows = self._table[self._next :]
        self._next = (self._next + times) % len(self._table)
        began = time.perf_counter()
        self._code.repeats[0](times, rows.ctypes.data, len(rows))
        return time.perf_counter() - began


def code_of(wanted: Wanted, target: Target) -> Compiled:
    """With its schedule, for that target."""
    return compiled([wanted.kernel(Machine(target.lanes, target.fused))], target)


def filled(size_bytes: int, seed: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Ordinary numbers in [-1, 1), as in the page; every page of memory is touched before it is timed."""
    values = np.random.default_rng(seed).uniform(-1, 1, _PERIOD).astype(np.float32)
    return np.resize(values, size_bytes // 4 + 32)


def base(memory: "np.ndarray[Any, np.dtype[np.float32]]") -> int:
    """The first cache line of it."""
    return int(-(-memory.ctypes.data // 64) * 64)
