"""Recorded calls of one function as native code in this process, on memory of its own."""

import ctypes
import hashlib
import mmap
import platform
import sys
import time

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.errors import EnvironmentUnusable
from gapprof.kernels.llvm.compile import host_targets, machine_code
from gapprof.kernels.llvm.target import Target, known_machine
from gapprof.transplant.body import GLOBAL_BYTES
from gapprof.transplant.native_text import REPEAT, Transplant, transplant
from gapprof.wasm.module import Module
from gapprof.yardstick.wish import Effort

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
    also: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    """Functions, and places in the table, that its calls were seen to come to."""


def target_for(*, fused: bool) -> Target:
    """The native counterpart of what V8 emits. Raises EnvironmentUnusable where this machine has none."""
    here = {target.id: target for target in host_targets()}
    found = next((here[one] for one in _TARGETS[fused] if one in here), None)
    if found is None:
        raise EnvironmentUnusable(f"no native code for {platform.machine()} is known to be like V8's")
    return found


class Ready:
    """One case that can be called."""

    def __init__(self, module: Module, case: NativeCase) -> None:
        target = target_for(fused=False)
        text = _text(module, case, target)
        if text.fused:
            target = target_for(fused=True)
            text = _text(module, case, target)
        self._code = machine_code(text.text, target)
        self.functions, self.text = text.functions, text.text
        types = [ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p]
        self._repeat = ctypes.CFUNCTYPE(None, *types)(self._code.address_of(REPEAT))
        self._image, self._table = _bytes(case.image), _bytes(case.rows_file)
        self._memory, self._rows = _own(self._image), _own(self._table)
        self._variables = _variables(module.global_count, case, self._pages())
        self._held = self._variables.copy()
        self._count = case.rows
        self._passes = 1

    @property
    def wanted(self) -> tuple[int, int]:
        """What a call wanted where it ended, and its number; see `body`."""
        what, number = self._variables[-2 * GLOBAL_BYTES // 4 :: GLOBAL_BYTES // 4]
        return int(what), int(number)

    def once(self) -> None:
        """One pass on memory as it was recorded."""
        self._restore()
        self._run(1)

    def digest(self) -> str:
        """Of memory and rows after two passes: one on what was recorded, and one of those that are timed."""
        self.once()
        self._run(1)
        found = hashlib.sha256(self._memory.data)
        found.update(self._rows.data)
        return found.hexdigest()

    def goes_on(self) -> bool:
        """Whether a second pass leaves other bytes than the first one."""
        self.once()
        left = [one.tobytes() for one in (self._memory, self._rows, self._variables)]
        self._run(1)
        return left != [one.tobytes() for one in (self._memory, self._rows, self._variables)]

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
        self.once()
        began = time.perf_counter()
        self._run(self._passes)
        return time.perf_counter() - began

    def _run(self, passes: int) -> None:
        rows, memory, variables = (one.ctypes.data for one in (self._rows, self._memory, self._variables))
        self._repeat(passes * self._count, rows, self._count, memory, variables)

    def _pages(self) -> int:
        """As many as in the browser, where the rows stand behind what was recorded."""
        return -(-(len(self._image) + len(self._table)) // _PAGE_BYTES)

    def _restore(self) -> None:
        np.copyto(self._memory, self._image)
        np.copyto(self._rows, self._table)
        np.copyto(self._variables, self._held)


def _text(module: Module, case: NativeCase, target: Target) -> Transplant:
    return transplant(
        module,
        case.function,
        machine=known_machine(platform.machine()),
        attributes=target.attributes,
        also=case.also,
        places=case.places,
    )


def _bytes(path: str) -> NDArray[np.uint8]:
    return np.fromfile(path, np.uint8)


def _own(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pages of its own, as V8 has them; numpy's arrays would lie in huge ones, which saves look-ups."""
    if sys.platform == "win32":
        return np.frombuffer(mmap.mmap(-1, len(image)), np.uint8)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, len(image), flags=flags), np.uint8)


def _variables(count: int, case: NativeCase, pages: int) -> NDArray[np.int32]:
    """Seen by a process that is forked, and what that one writes is seen here."""
    held = np.frombuffer(mmap.mmap(-1, (count + 3) * GLOBAL_BYTES), np.int32)
    for number, value in (*case.variables, (count, pages)):
        held[number * GLOBAL_BYTES // 4] = value
    return held
