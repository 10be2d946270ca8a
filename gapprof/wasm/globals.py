"""Global variables of a module: what they hold, and what they begin with where that is a constant."""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.wasm.decode import Bytes, vector
from gapprof.wasm.instructions import Instruction, instructions
from gapprof.wasm.module import GLOBAL, Module


@dataclass(frozen=True, slots=True)
class Global:
    """One variable; `kind` is its value type as a byte."""

    kind: int
    mutable: bool
    initial: int | None
    """None where it is no constant integer."""


def globals_of(module: Module) -> tuple[Global, ...]:
    """In their order. ValueError for a module that imports some: no build of onnxruntime-web does."""
    if any(one.kind == 3 for one in module.imports):
        raise ValueError("a module that imports globals")
    return tuple(vector(module.contents(GLOBAL), 0, _global)[0])


def _global(data: Bytes, at: int) -> tuple[Global, int]:
    """What it begins with counts where it is one constant; a sum or another variable is none."""
    kind, mutable = data[at], bool(data[at + 1])
    found: list[Instruction] = []
    for one in instructions(data, at + 2):
        if one.name == "end":
            return Global(kind, mutable, _constant(found)), one.end
        found.append(one)
    raise IndexError(at)


def _constant(expression: Sequence[Instruction]) -> int | None:
    match expression:
        case [Instruction(name="i32.const" | "i64.const", immediates=(int(value),))]:
            return value
        case _:
            return None
