"""A whole wasm module out of kernels: memory comes in as `env.memory`, each kernel goes out by its name."""

from collections.abc import Sequence

from gapprof.kernels.ir import Kernel
from gapprof.kernels.wasm.encode import HEADER, I32, name, section, unsigned, vector
from gapprof.kernels.wasm.lower import function_body

_TYPE, _IMPORT, _FUNCTION, _EXPORT, _CODE = 1, 2, 3, 7, 10


def module(kernels: Sequence[Kernel]) -> bytes:
    """Whatever memory the importer has will do. TypeError where a kernel is wider than 128 bits."""
    arities = sorted({kernel.parameters for kernel in kernels})
    types = vector(b"\x60" + vector([I32] * arity) + vector([]) for arity in arities)
    memory = vector([name("env") + name("memory") + b"\x02\x00\x01"])
    functions = vector(unsigned(arities.index(kernel.parameters)) for kernel in kernels)
    exports = vector(name(kernel.name) + b"\x00" + unsigned(number) for number, kernel in enumerate(kernels))
    bodies = vector(function_body(kernel) for kernel in kernels)
    return HEADER + b"".join(
        (
            section(_TYPE, types),
            section(_IMPORT, memory),
            section(_FUNCTION, functions),
            section(_EXPORT, exports),
            section(_CODE, bodies),
        )
    )
