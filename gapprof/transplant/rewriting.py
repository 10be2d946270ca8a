"""The served module with a little more in it: what repeats recorded calls, and what records them.

Both are appended by `Grown`, so that every index stays what it was.
"""

from collections.abc import Iterable

from gapprof.transplant.rows import SLOT_BYTES, Row, row_of
from gapprof.wasm.encode import I32, signed, unsigned, vector
from gapprof.wasm.globals import globals_of
from gapprof.wasm.grown import FUNCTION_KIND, GLOBAL_KIND, MEMORY_KIND, Grown
from gapprof.wasm.instructions import opcode
from gapprof.wasm.module import START, FunctionType, Module

MEMORY_EXPORT, COUNT_EXPORT, TARGET_EXPORT = "gapprof:memory", "gapprof:count", "gapprof:target"
PAGE_BYTES = 1 << 16
_REPEATER = FunctionType(3 * I32, b"")
_GET, _PUT, _TEE = opcode("local.get"), opcode("local.set"), opcode("local.tee")
_GLOBAL_GET, _GLOBAL_PUT, _CALL = opcode("global.get"), opcode("global.set"), opcode("call")
_IF, _LOOP, _END, _DROP = opcode("if") + b"\x40", opcode("loop") + b"\x40", opcode("end"), opcode("drop")
_CONST, _ADD, _SUB, _MUL = (opcode(f"i32.{one}") for one in ("const", "add", "sub", "mul"))
_SHL, _EQ, _LESS = opcode("i32.shl"), opcode("i32.eq"), opcode("i32.lt_u")
_SIZE, _GROW, _COPY = opcode("memory.size"), opcode("memory.grow"), opcode("memory.copy")
_UNALIGNED, _ELSEWHERE = b"\x00", b"\x40"
"""Before an offset: of the first memory, or of one whose number follows."""


def repeat_export(function: int) -> str:
    """The name of what calls a function over and over."""
    return f"gapprof:repeat:{function}"


def global_export(number: int) -> str:
    """The name of a variable of the module."""
    return f"gapprof:global:{number}"


def kept_export(number: int) -> str:
    """The name of what it held when memory was recorded."""
    return f"gapprof:kept:{number}"


def variables(module: Module) -> tuple[int, ...]:
    """Globals that change. Raises ValueError for any but i32, which onnxruntime-web has none of."""
    found = [number for number, one in enumerate(globals_of(module)) if one.mutable]
    if any(globals_of(module)[number].kind != I32[0] for number in found):
        raise ValueError("a global variable that is no i32")
    return tuple(found)


def repeating(module: Module, functions: Iterable[int]) -> bytes:
    """The module that starts nothing by itself and exports its variables and, per function, what repeats it.

    That takes how often (at least once), the address of a table of rows, and how many rows there are.
    """
    grown = Grown(Module(tuple(one for one in module.sections if one[0] != START)))
    for function in functions:
        repeater = grown.function(_REPEATER, _repeater(module, function))
        grown.export(repeat_export(function), FUNCTION_KIND, repeater)
    for number in variables(module):
        grown.export(global_export(number), GLOBAL_KIND, number)
    return grown.written()


def recording(module: Module, function: int, *, rows: int) -> bytes:
    """The module in which a function counts its calls and records the arguments of the first `rows`.

    They go into a second memory, which is exported with two variables: the count, and the number of the call
    before which the whole memory is copied behind the rows, with what the module's variables hold then.
    """
    kind = module.type_of(function)
    row, grown = row_of(kind), Grown(module)
    memory = grown.growing_memory(rows_bytes(row, rows) // PAGE_BYTES)
    count, target = grown.variable(0), grown.variable(-1)
    kept = {number: grown.variable(0) for number in variables(module)}
    moved = grown.function(kind, module.body_of(function))
    body = _recorder(row, rows, moved=moved, memory=memory, count=count, target=target, kept=kept)
    grown.put(function, body)
    grown.export(MEMORY_EXPORT, MEMORY_KIND, memory)
    grown.export(COUNT_EXPORT, GLOBAL_KIND, count)
    grown.export(TARGET_EXPORT, GLOBAL_KIND, target)
    for number, at in kept.items():
        grown.export(kept_export(number), GLOBAL_KIND, at)
    return grown.written()


def rows_bytes(row: Row, rows: int) -> int:
    """Whole pages of the second memory that rows take."""
    return -(-rows * row.size_bytes // PAGE_BYTES) * PAGE_BYTES


def _repeater(module: Module, function: int) -> bytes:
    """Variables behind the three parameters: where the row stands, and where the table ends."""
    row = row_of(module.type_of(function))
    count, table, rows, at, end = (unsigned(local) for local in range(5))
    size = _CONST + signed(row.size_bytes)
    code = _GET + table + _PUT + at
    code += _GET + table + _GET + rows + size + _MUL + _ADD + _PUT + end
    code += _LOOP
    if row.result:
        code += _GET + at
    for number, kind in enumerate(row.parameters):
        code += _GET + at + opcode(f"{kind}.load") + _UNALIGNED + unsigned(SLOT_BYTES * number)
    code += _CALL + unsigned(function)
    if row.result:
        code += opcode(f"{row.result}.store") + _UNALIGNED + unsigned(SLOT_BYTES * len(row.parameters))
    code += _GET + at + size + _ADD + _PUT + at
    code += _GET + table + _GET + at + _GET + at + _GET + end + _EQ + opcode("select") + _PUT + at
    code += _GET + count + _CONST + b"\x01" + _SUB + _TEE + count + opcode("br_if") + b"\x00" + _END
    return _body(2, code)


def _recorder(
    row: Row, rows: int, *, moved: int, memory: int, count: int, target: int, kept: dict[int, int]
) -> bytes:
    """One variable behind the parameters: where the row stands, then how large memory is."""
    local = unsigned(len(row.parameters))
    number, other = unsigned(count), unsigned(memory)
    code = _GLOBAL_GET + number + _CONST + signed(rows) + _LESS + _IF
    code += _GLOBAL_GET + number + _CONST + signed(row.size_bytes) + _MUL + _PUT + local
    for at, kind in enumerate(row.parameters):
        code += _GET + local + _GET + unsigned(at) + opcode(f"{kind}.store")
        code += _ELSEWHERE + other + unsigned(SLOT_BYTES * at)
    code += _END
    code += _GLOBAL_GET + number + _GLOBAL_GET + unsigned(target) + _EQ + _IF
    code += _SIZE + b"\x00" + _GROW + other + _DROP
    code += _SIZE + b"\x00" + _CONST + signed(16) + _SHL + _PUT + local
    code += _CONST + signed(rows_bytes(row, rows)) + _CONST + b"\x00" + _GET + local
    code += _COPY + other + b"\x00"
    for variable, at in kept.items():
        code += _GLOBAL_GET + unsigned(variable) + _GLOBAL_PUT + unsigned(at)
    code += _END
    code += _GLOBAL_GET + number + _CONST + b"\x01" + _ADD + _GLOBAL_PUT + number
    code += b"".join(_GET + unsigned(at) for at in range(len(row.parameters)))
    return _body(1, code + _CALL + unsigned(moved))


def _body(variables_of_i32: int, code: bytes) -> bytes:
    return vector([unsigned(variables_of_i32) + I32]) + code + _END
