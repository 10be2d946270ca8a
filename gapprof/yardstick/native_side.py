"""Twins as native code, in a fresh process for every instruction set."""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import compiled, host_targets, version
from gapprof.kernels.llvm.target import Target
from gapprof.kernels.machine import Machine
from gapprof.subject import child
from gapprof.text import numbers
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.wish import Effort, Wanted

_MODULE = "gapprof.yardstick.native_side"
_PERIOD = 4099


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    target: str
    memory: Memory
    wanted: tuple[Wanted, ...]
    effort: Effort
    seed: int


class Answer(Struct, frozen=True, kw_only=True):
    """What it says: means of a call, per loop nest."""

    samples_us: tuple[tuple[float, ...], ...]
    engine: str


def timed(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """All loop nests in rounds, in a process of their own. Raises EnvironmentUnusable, with the reason."""
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    match outcome:
        case child.Answered():
            return msgspec.convert(outcome.value, Answer)
        case child.Died():
            raise EnvironmentUnusable(f"native twins of {asked.target} ended with {outcome.how}")
        case child.Overdue():
            raise EnvironmentUnusable(
                f"native twins of {asked.target} took more than {numbers.duration(deadline_s)}"
            )


def targets() -> tuple[Target, ...]:
    """Instruction sets of this machine. Raises EnvironmentUnusable where there is no llvmlite."""
    return host_targets()


def _timed(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    target = next(one for one in host_targets() if one.id == asked.target)
    buffer = _filled(asked.memory.size_bytes, asked.seed)
    base = -(-buffer.ctypes.data // 64) * 64
    nests = [_Nest(one, target, asked.memory, base) for one in asked.wanted]
    for nest in nests:
        nest.warm_up(asked.effort)
    random = np.random.default_rng(asked.seed)
    samples: list[list[float]] = [[] for _ in nests]
    for _ in range(asked.effort.samples):
        for at in random.permutation(len(nests)):
            samples[at].append(nests[at].sample_us())
    return {"samples_us": samples, "engine": version()}


class _Nest:
    """One loop nest as machine code, with its table of arguments."""

    def __init__(self, wanted: Wanted, target: Target, memory: Memory, base: int) -> None:
        self._code = compiled([wanted.kernel(Machine(target.lanes, target.fused))], target)
        self._table = np.array(wanted.calls(memory), np.int64) + base
        self._batch = 1
        self._next = 0

    def warm_up(self, effort: Effort) -> None:
        """Touch everything once, then find how many calls make up a sample."""
        self._run(len(self._table))
        until = time.perf_counter() + effort.warmup_ms / 1e3
        while True:
            took_ms = self._run(self._batch) * 1e3
            if took_ms < effort.sample_ms:
                grown = self._batch * min(10.0, 1.1 * effort.sample_ms / max(took_ms, 1e-4))
                self._batch = int(grown) + 1
            elif time.perf_counter() > until:
                self._batch = max(1, round(self._batch * effort.sample_ms / took_ms))
                return

    def sample_us(self) -> float:
        """The mean of a call; one call before it, since what ran last has the caches."""
        self._run(1)
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


def _filled(size_bytes: int, seed: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Ordinary numbers in [-1, 1), as in the page; every page of memory is touched before it is timed."""
    values = np.random.default_rng(seed).uniform(-1, 1, _PERIOD).astype(np.float32)
    return np.resize(values, size_bytes // 4 + 32)


if __name__ == "__main__":
    child.serve(_timed)
