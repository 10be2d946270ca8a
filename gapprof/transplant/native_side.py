"""Recorded calls as native code, in a fresh process: what is wrong with the code ends that process alone."""

import ctypes
import hashlib
import mmap
import platform
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import host_targets, machine_code, version
from gapprof.kernels.llvm.target import Target, known_machine
from gapprof.subject import child
from gapprof.text import numbers
from gapprof.transplant.lower import GLOBAL_BYTES
from gapprof.transplant.native_text import REPEAT, transplant
from gapprof.wasm.module import parsed
from gapprof.yardstick.wish import Effort

_MODULE = "gapprof.transplant.native_side"
_PAGE_BYTES = 1 << 16
_TARGETS = {False: ("avx128", "neon-mul-add"), True: ("fma128", "neon")}
"""128 bits in three-operand code, by whether multiply-adds are one instruction."""


class NativeCase(Struct, frozen=True, kw_only=True):
    """Recorded calls of one function, in files of their own."""

    function: int
    image: str
    rows_file: str
    rows: int
    variables: tuple[tuple[int, int], ...]
    """Global variables by number."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the process gets."""

    module: str
    cases: tuple[NativeCase, ...]
    effort: Effort
    """No samples: one pass, not timed."""
    seed: int


class Answer(Struct, frozen=True, kw_only=True):
    """What it says, per case: means of a call, and what memory and rows came to after one pass."""

    samples_us: tuple[tuple[float, ...], ...]
    sha256: tuple[str, ...]
    engine: str


def replayed(asked: Asked, *, scratch: Path, deadline_s: float) -> Answer:
    """All cases in rounds, in a process of their own. Raises EnvironmentUnusable, with the reason."""
    what = ", ".join(str(case.function) for case in asked.cases)
    outcome = child.ask(_MODULE, msgspec.to_builtins(asked), scratch=scratch, deadline_s=deadline_s)
    match outcome:
        case child.Answered():
            return msgspec.convert(outcome.value, Answer)
        case child.Died():
            raise EnvironmentUnusable(f"the native code of function {what} ended with {outcome.how}")
        case child.Overdue():
            raise EnvironmentUnusable(
                f"the native code of function {what} took more than {numbers.duration(deadline_s)}"
            )


def target_for(*, fused: bool) -> Target:
    """The native counterpart of what V8 emits. Raises EnvironmentUnusable where this machine has none."""
    here = {target.id: target for target in host_targets()}
    found = next((here[one] for one in _TARGETS[fused] if one in here), None)
    if found is None:
        raise EnvironmentUnusable(f"no native code for {platform.machine()} is known to be like V8's")
    return found


def _replayed(request: dict[str, Any]) -> dict[str, Any]:
    asked = msgspec.convert(request, Asked)
    ready = [_Ready(Path(asked.module).read_bytes(), case) for case in asked.cases]
    samples: list[list[float]] = [[] for _ in ready]
    if asked.effort.samples:
        for one in ready:
            one.warm_up(asked.effort)
    random = np.random.default_rng(asked.seed)
    for _ in range(asked.effort.samples):
        for at in random.permutation(len(ready)):
            samples[at].append(ready[at].sample_us())
    return {"samples_us": samples, "sha256": [one.digest() for one in ready], "engine": version()}


class _Ready:
    """One case that can be called."""

    def __init__(self, module: bytes, case: NativeCase) -> None:
        whole = parsed(module)
        machine = known_machine(platform.machine())
        plain = target_for(fused=False)
        text = transplant(whole, case.function, machine=machine, attributes=plain.attributes)
        target = target_for(fused=text.fused)
        if text.fused:
            text = transplant(whole, case.function, machine=machine, attributes=target.attributes)
        self._code = machine_code(text.text, target)
        types = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
        self._repeat = ctypes.CFUNCTYPE(None, *types)(self._code.address_of(REPEAT))
        self._image, self._table = _bytes(case.image), _bytes(case.rows_file)
        self._memory, self._rows = _own(self._image), _own(self._table)
        self._variables = _variables(whole.global_count, case, len(self._image) // _PAGE_BYTES)
        self._held = self._variables.copy()
        self._count = case.rows
        self._passes = 1

    def digest(self) -> str:
        """Of memory and rows after one pass."""
        self._restore()
        self._run(1)
        found = hashlib.sha256(self._memory.data)
        found.update(self._rows.data)
        return found.hexdigest()

    def warm_up(self, effort: Effort) -> None:
        """Until the time is over; the last stretch says how many passes make up a sample."""
        spent_ms = 0.0
        while spent_ms < effort.warmup_ms:
            took_ms = self._from_recorded() * 1e3
            spent_ms += max(took_ms, 1e-3)
            if took_ms < effort.sample_ms:
                self._passes = int(self._passes * min(10.0, 1.1 * effort.sample_ms / max(took_ms, 1e-3))) + 1
        took_ms = self._from_recorded() * 1e3
        self._passes = max(1, round(self._passes * effort.sample_ms / max(took_ms, 1e-3)))

    def sample_us(self) -> float:
        """The mean of a call."""
        return self._from_recorded() * 1e6 / (self._passes * self._count)

    def _from_recorded(self) -> float:
        """Seconds of some passes on memory as it was recorded; one before them brings caches back."""
        self._restore()
        self._run(1)
        began = time.perf_counter()
        self._run(self._passes)
        return time.perf_counter() - began

    def _run(self, passes: int) -> None:
        rows, memory, variables = (one.ctypes.data for one in (self._rows, self._memory, self._variables))
        self._repeat(passes * self._count, rows, self._count, memory, variables)

    def _restore(self) -> None:
        np.copyto(self._memory, self._image)
        np.copyto(self._rows, self._table)
        np.copyto(self._variables, self._held)


def _bytes(path: str) -> NDArray[np.uint8]:
    return np.fromfile(path, np.uint8)


def _own(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pages of its own, at an address that ends as V8's do, so that lines and pages fall alike."""
    return np.frombuffer(mmap.mmap(-1, len(image)), np.uint8)


def _variables(count: int, case: NativeCase, pages: int) -> NDArray[np.int32]:
    held = np.zeros((count + 1) * GLOBAL_BYTES // 4, np.int32)
    for number, value in (*case.variables, (count, pages)):
        held[number * GLOBAL_BYTES // 4] = value
    return held


if __name__ == "__main__":
    child.serve(_replayed)
