"""A whole wasm module out of kernels: memory comes in as `env.memory`, each kernel goes out by its name."""

from collections.abc import Sequence

from gapprof.kernels.ir import Kernel
from gapprof.kernels.wasm.encode import HEADER, I32, name, section, signed, unsigned, vector
from gapprof.kernels.wasm.lower import function_body

Call = tuple[int, tuple[int, ...]]
"""Which kernel, and its addresses."""
_TYPE, _IMPORT, _FUNCTION, _EXPORT, _CODE = 1, 2, 3, 7, 10


def module(kernels: Sequence[Kernel]) -> bytes:
    """Whatever memory the importer has will do. TypeError where a kernel is wider than 128 bits."""
    return _module(kernels, ())


def program(kernels: Sequence[Kernel], calls: Sequence[Call], export: str) -> bytes:
    """The same, and one more function, without parameters, that makes these calls in their order."""
    instructions = b"".join(
        b"".join(b"\x41" + signed(address) for address in addresses) + b"\x10" + unsigned(kernel)
        for kernel, addresses in calls
    )
    body = unsigned(0) + instructions + b"\x0b"
    return _module(kernels, ((export, unsigned(len(body)) + body),))


def _module(kernels: Sequence[Kernel], others: Sequence[tuple[str, bytes]]) -> bytes:
    """`others`: name and body of functions without parameters, which come after the kernels."""
    arities = sorted({kernel.parameters for kernel in kernels} | ({0} if others else set()))
    types = vector(b"\x60" + vector([I32] * arity) + vector([]) for arity in arities)
    memory = vector([name("env") + name("memory") + b"\x02\x00\x01"])
    of_type = [*(kernel.parameters for kernel in kernels), *(0 for _ in others)]
    functions = vector(unsigned(arities.index(arity)) for arity in of_type)
    names = [*(kernel.name for kernel in kernels), *(exported for exported, _ in others)]
    exports = vector(name(one) + b"\x00" + unsigned(number) for number, one in enumerate(names))
    bodies = vector([*(function_body(kernel) for kernel in kernels), *(body for _, body in others)])
    return HEADER + b"".join(
        (
            section(_TYPE, types),
            section(_IMPORT, memory),
            section(_FUNCTION, functions),
            section(_EXPORT, exports),
            section(_CODE, bodies),
        )
    )
