"""Twins as native code, in a fresh process for every instruction set, on as many threads as the page has."""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import Compiled, compiled, host_targets, version
from gapprof.kernels.llvm.target import Target
from gapprof.kernels.machine import Machine
from gapprof.subject import child
from gapprof.subject.unanswered import unanswered
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.companions import accompanied
from gapprof.yardstick.wish import Effort, Wanted

_MODULE = "gapprof.yardstick.native_side"
_PERIOD = 4099
_PIECES = 8
"""Of a sample, after each of which a companion looks whether it is still wanted."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    target: str
    memory: Memory
    wanted: tuple[Wanted, ...]
    effort: Effort
    threads: int
    """That run a nest at once while it is timed, each on a memory of its own."""
    seed: int


class Answer(Struct, frozen=True, kw_only=True):
    """What it says: means of a call, per loop nest."""

    samples_us: tuple[tuple[float, ...], ...]
    engine: str


def timed(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """All loop nests in rounds, in a process of their own. Raises EnvironmentUnusable, with the reason."""
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    if isinstance(outcome, child.Answered):
        return msgspec.convert(outcome.value, Answer)
    raise EnvironmentUnusable(unanswered(outcome, f"native twins of {asked.target}"))


def targets() -> tuple[Target, ...]:
    """Instruction sets of this machine. Raises EnvironmentUnusable where there is no llvmlite."""
    return host_targets()


def _timed(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    target = next(one for one in host_targets() if one.id == asked.target)
    codes = [compiled([one.kernel(Machine(target.lanes, target.fused))], target) for one in asked.wanted]
    memories = [_filled(asked.memory.size_bytes, asked.seed + number) for number in range(asked.threads)]
    tables = [np.array(one.calls(asked.memory), np.int64) for one in asked.wanted]
    nests, *others = (
        [_Nest(code, table + _base(memory)) for code, table in zip(codes, tables, strict=True)]
        for memory in memories
    )
    for at, nest in enumerate(nests):
        nest.warm_up(asked.effort)
        for other in others:
            other[at].keep_up_with(nest)
    random = np.random.default_rng(asked.seed)
    samples: list[list[float]] = [[] for _ in nests]
    with accompanied([[nest.piece for nest in one] for one in others]) as companions:
        for _ in range(asked.effort.samples):
            for at in random.permutation(len(nests)):
                nests[at].once()
                with companions.working(at):
                    samples[at].append(nests[at].sample_us())
    return {"samples_us": samples, "engine": version()}


def _base(memory: "np.ndarray[Any, np.dtype[np.float32]]") -> int:
    """The first cache line of it."""
    return int(-(-memory.ctypes.data // 64) * 64)


class _Nest:
    """One loop nest as machine code, with its table of arguments."""

    def __init__(self, code: Compiled, table: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        self._code, self._table = code, table
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

    def once(self) -> None:
        """One call; also before a sample, since what ran last has the caches."""
        self._run(1)

    def keep_up_with(self, timed: "_Nest") -> None:
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


def _filled(size_bytes: int, seed: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Ordinary numbers in [-1, 1), as in the page; every page of memory is touched before it is timed."""
    values = np.random.default_rng(seed).uniform(-1, 1, _PERIOD).astype(np.float32)
    return np.resize(values, size_bytes // 4 + 32)


if __name__ == "__main__":
    child.serve(_timed)
