"""What an instruction takes from the stack, what it leaves there, and its LLVM IR."""

from collections.abc import Callable
from dataclasses import dataclass

from gapprof.transplant.writer import Writer

Write = Callable[..., str]
"""Takes the writer and the operands, gives the name of the result."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One instruction without immediates; types are wasm's."""

    operands: tuple[str, ...]
    result: str
    write: Write


def templated(template: str) -> Write:
    """One instruction of LLVM; `{0}` and so on are the operands."""

    def write(writer: Writer, *operands: str) -> str:
        return writer.value(template.format(*operands))

    return write
