"""A whole wasm module out of kernels: memory comes in as `env.memory`, each function goes out by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.kernels.ir import Kernel, repeated
from gapprof.kernels.wasm.lower import function_body
from gapprof.wasm.encode import HEADER, I32, name, section, signed, unsigned, vector

Call = tuple[int, tuple[int, ...]]
"""Which kernel, and its addresses."""
_TYPE, _IMPORT, _FUNCTION, _EXPORT, _CODE = 1, 2, 3, 7, 10


@dataclass(frozen=True, slots=True)
class _Function:
    """What is exported; all parameters are i32, and nothing is returned."""

    name: str
    parameters: int
    body: bytes


def module(kernels: Sequence[Kernel]) -> bytes:
    """Whatever memory the importer has will do. TypeError where a kernel is wider than 128 bits.

    Beside each kernel there is a function that calls it over and over, see `repeated`: calls from JavaScript
    take tens of nanoseconds, which is as much as a small kernel.
    """
    return _module(_with_repeaters([_compiled(kernel) for kernel in kernels]))


def program(kernels: Sequence[Kernel], calls: Sequence[Call], export: str) -> bytes:
    """The kernels, and a function without parameters that makes these calls in their order, over and over."""
    instructions = b"".join(
        b"".join(b"\x41" + signed(address) for address in addresses) + b"\x10" + unsigned(kernel)
        for kernel, addresses in calls
    )
    whole = _Function(export, 0, _body(b"", instructions))
    compiled = [_compiled(kernel) for kernel in kernels]
    return _module([*compiled, whole, _repeater(whole, len(compiled))])


def _compiled(kernel: Kernel) -> _Function:
    return _Function(kernel.name, kernel.parameters, function_body(kernel))


def _with_repeaters(functions: list[_Function]) -> list[_Function]:
    return [*functions, *(_repeater(one, number) for number, one in enumerate(functions))]


def _repeater(function: _Function, number: int) -> _Function:
    """Parameters: how often (at least once), the address of a table of arguments (i32), and its rows."""
    row_bytes = 4 * function.parameters
    count, table, rows, at, end = (unsigned(local) for local in range(5))
    get, put, loop, again = b"\x20", b"\x21", b"\x03\x40", b"\x0d\x00"
    code = get + table + put + at
    code += get + table + get + rows + b"\x41" + signed(row_bytes) + b"\x6c\x6a" + put + end
    code += loop
    for parameter in range(function.parameters):
        code += get + at + b"\x28\x02" + unsigned(4 * parameter)
    code += b"\x10" + unsigned(number)
    code += get + at + b"\x41" + signed(row_bytes) + b"\x6a" + put + at
    code += get + table + get + at + get + at + get + end + b"\x46\x1b" + put + at  # after the last the first
    code += get + count + b"\x41\x01\x6b\x22" + count + again + b"\x0b"
    return _Function(repeated(function.name), 3, _body(unsigned(2) + I32, code))


def _body(declared: bytes, code: bytes) -> bytes:
    """One run of variables of a type, or none, and instructions."""
    whole = vector([declared] if declared else []) + code + b"\x0b"
    return unsigned(len(whole)) + whole


def _module(functions: Sequence[_Function]) -> bytes:
    arities = sorted({one.parameters for one in functions})
    types = vector(b"\x60" + vector([I32] * arity) + vector([]) for arity in arities)
    memory = vector([name("env") + name("memory") + b"\x02\x00\x01"])
    exports = vector(name(one.name) + b"\x00" + unsigned(number) for number, one in enumerate(functions))
    return HEADER + b"".join(
        (
            section(_TYPE, types),
            section(_IMPORT, memory),
            section(_FUNCTION, vector(unsigned(arities.index(one.parameters)) for one in functions)),
            section(_EXPORT, exports),
            section(_CODE, vector(one.body for one in functions)),
        )
    )
