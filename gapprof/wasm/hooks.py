"""Chosen functions of a module counted, and every so many of their calls timed. Pure.

The body of a chosen function moves to a new function behind all others, and a wrapper takes its place: so no
index shifts, and whoever calls it, by its index or through a table, calls the wrapper. Exported functions get
wrappers of their own that only calls from outside go through; they tell when the module was run at all.

All that wrappers know lies in a memory of their own, exported as `gapprof.log`; what is outside sets it up
and reads it. The clock is the function that is put into the exported table `gapprof.clock`, `() -> f64`: the
module's own clock need not be known. Until `ON` is set, wrappers only call on, so that instances that nobody
looks at (those of other threads have memories of their own) and a table without a clock do no harm.

Every wrapper remembers which hooked function it was called from, so that time in a hooked function that
another one calls is not counted twice. An exception that passes a wrapper leaves no line in the log, and that
memory wrong until the next run; counts stay exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.wasm.encode import F64, I32, unsigned, vector
from gapprof.wasm.encode import signed as constant
from gapprof.wasm.grown import FUNCTION_KIND, MEMORY_KIND, TABLE_KIND, Grown
from gapprof.wasm.module import FunctionType, Module

LOG, CLOCK, REPEAT = "gapprof.log", "gapprof.clock", "gapprof.repeat"
"""Names of the exports. `repeat(times)` calls a hooked function that does nothing: what a wrapper costs."""
ON, NEXT, END, CURRENT, LOST = 0, 4, 8, 12, 16
"""Addresses of i32 in the log: whether wrappers do anything, where the next line goes, where no more fits,
the slot of the hooked function that runs (`NOBODY`: none), and how many lines found no room."""
SLOTS, SLOT_BYTES = 32, 12
"""A slot is how often it was called, how many calls are left until the next timed one, and after how many (0:
never) that is: i32 each."""
CALLS, LEFT, PERIOD = 0, 4, 8
LINE_BYTES = 24
"""Slot (i32), slot of the caller (i32), begin (f64), end (f64)."""
NOBODY = 0xFFFF
_PAGE = 65536
_PAGES = 96
_CLOCK_TYPE = FunctionType(b"", F64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooked:
    """A rewritten module, and what its slots stand for."""

    wasm: bytes
    functions: tuple[int, ...]
    """Slots from 0 on: functions of the original module."""
    bodies: tuple[memoryview, ...]
    """Of those, as they were."""
    exports: tuple[str, ...]
    """Slots behind those: calls from outside. The last slot of all is the function that does nothing."""
    log_begins: int
    """The address of the first line."""
    log_ends: int

    @property
    def slots(self) -> int:
        """All of them."""
        return len(self.functions) + len(self.exports) + 1


def hooked(module: Module, functions: Sequence[int]) -> Hooked:
    """Raises ValueError where a function is not the module's own, or is named twice."""
    if len(set(functions)) < len(functions):
        raise ValueError("a function is named twice")
    if any(not module.imported_functions <= one < _count(module) for one in functions):
        raise ValueError("only a module's own functions can be hooked")
    grown = Grown(module)
    exported = tuple(one.name for one in module.exports if one.kind == FUNCTION_KIND)
    slots = len(functions) + len(exported) + 1
    memory, table = grown.memory(_PAGES), grown.table(1)
    wrap = _Wrap(memory=memory, table=table, clock_type=grown.type_index(_CLOCK_TYPE))
    for slot, function in enumerate(functions):
        kind = module.type_of(function)
        moved = grown.function(kind, module.body_of(function))
        grown.put(function, wrap.body(kind, slot=slot, target=moved))
    targets = {one.name: one.index for one in module.exports if one.kind == FUNCTION_KIND}
    for slot, called in enumerate(exported, start=len(functions)):
        kind = module.type_of(targets[called])
        grown.redirect(called, grown.function(kind, wrap.body(kind, slot=slot, target=targets[called])))
    nothing = FunctionType(b"", b"")
    empty = grown.function(nothing, b"\x00" + _END)
    idle = grown.function(nothing, wrap.body(nothing, slot=slots - 1, target=empty))
    grown.export(LOG, MEMORY_KIND, memory)
    grown.export(CLOCK, TABLE_KIND, table)
    grown.export(REPEAT, FUNCTION_KIND, grown.function(FunctionType(I32, b""), _repeating(idle)))
    return Hooked(
        wasm=grown.written(),
        functions=tuple(functions),
        bodies=tuple(module.body_of(one) for one in functions),
        exports=exported,
        log_begins=-(-(SLOTS + slots * SLOT_BYTES) // 8) * 8,
        log_ends=_PAGES * _PAGE,
    )


def _count(module: Module) -> int:
    return module.imported_functions + len(module.bodies)


_EMPTY = b"\x40"
_LOOP, _IF, _ELSE, _END, _RETURN = b"\x03", b"\x04", b"\x05", b"\x0b", b"\x0f"
_BR_IF, _CALL, _CALL_INDIRECT = b"\x0d", b"\x10", b"\x11"
_GET, _SET, _TEE = b"\x20", b"\x21", b"\x22"
_EQZ, _LE_U, _ADD, _SUB = b"\x45", b"\x4d", b"\x6a", b"\x6b"
_I32_LOAD, _I32_STORE, _F64_STORE = 0x28, 0x36, 0x39


def _i32(value: int) -> bytes:
    return b"\x41" + constant(value)


def _get(local: int) -> bytes:
    return _GET + unsigned(local)


def _set(local: int) -> bytes:
    return _SET + unsigned(local)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrap:
    """What all wrappers of a module share: indices of the log's memory, the clock's table and its type."""

    memory: int
    table: int
    clock_type: int

    def body(self, kind: FunctionType, *, slot: int, target: int) -> bytes:
        """A function that calls another one of the same type, and keeps count."""
        count = len(kind.parameters)
        caller, left, line, begin, end = range(count, count + 5)
        results = range(count + 5, count + 5 + len(kind.results))
        declared = [unsigned(3) + I32, unsigned(2) + F64, *(b"\x01" + bytes([one]) for one in kind.results)]
        arguments = b"".join(_get(one) for one in range(count))
        call = arguments + _CALL + unsigned(target)
        kept = call + b"".join(_set(one) for one in reversed(results))
        here = SLOTS + slot * SLOT_BYTES
        code = [
            self._load(ON) + _EQZ + _IF + _EMPTY + call + _RETURN + _END,
            self._store(here + CALLS, self._load(here + CALLS) + _i32(1) + _ADD),
            self._load(CURRENT) + _set(caller),
            self._store(CURRENT, _i32(slot)),
            self._load(here + LEFT) + _i32(1) + _SUB + _set(left),
            self._store(here + LEFT, _get(left)),
            _get(left) + _EQZ + _IF + _EMPTY,
            self._store(here + LEFT, self._load(here + PERIOD)),
            self._now() + _set(begin) + kept + self._now() + _set(end),
            self._line(slot, caller=caller, line=line, begin=begin, end=end),
            _ELSE + kept + _END,
            self._store(CURRENT, _get(caller)),
            b"".join(_get(one) for one in results) + _END,
        ]
        return vector(declared) + b"".join(code)

    def _line(self, slot: int, *, caller: int, line: int, begin: int, end: int) -> bytes:
        """One more line in the log, or one more that found no room."""
        return b"".join(
            [
                self._load(NEXT) + _TEE + unsigned(line) + _i32(LINE_BYTES) + _ADD + self._load(END) + _LE_U,
                _IF + _EMPTY,
                _get(line) + _i32(slot) + self._access(_I32_STORE, 2, 0),
                _get(line) + _get(caller) + self._access(_I32_STORE, 2, 4),
                _get(line) + _get(begin) + self._access(_F64_STORE, 3, 8),
                _get(line) + _get(end) + self._access(_F64_STORE, 3, 16),
                self._store(NEXT, _get(line) + _i32(LINE_BYTES) + _ADD),
                _ELSE,
                self._store(LOST, self._load(LOST) + _i32(1) + _ADD),
                _END,
            ]
        )

    def _now(self) -> bytes:
        return _i32(0) + _CALL_INDIRECT + unsigned(self.clock_type) + unsigned(self.table)

    def _load(self, address: int) -> bytes:
        return _i32(0) + self._access(_I32_LOAD, 2, address)

    def _store(self, address: int, value: bytes) -> bytes:
        return _i32(0) + value + self._access(_I32_STORE, 2, address)

    def _access(self, opcode: int, alignment: int, offset: int) -> bytes:
        """Bit 6 of the alignment says that the memory is named (Core Specification 3.0, section 5.4.7)."""
        return bytes([opcode, alignment | 0x40]) + unsigned(self.memory) + unsigned(offset)


def _repeating(function: int) -> bytes:
    """Calls a function without parameters as often as its own parameter says, at least once."""
    loop = _CALL + unsigned(function) + _get(0) + _i32(1) + _SUB + _TEE + unsigned(0) + _BR_IF + unsigned(0)
    return b"\x00" + _LOOP + _EMPTY + loop + _END + _END
