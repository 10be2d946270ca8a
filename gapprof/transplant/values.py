"""Values of a function in the making: wasm's stack of operands, and slots in which blocks hand them on."""

from gapprof.transplant.writer import TYPES, Writer
from gapprof.wasm.module import FunctionType

KINDS = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128"}
Slots = list[tuple[str, str]]
"""Kinds, and names of stack slots, which LLVM turns into registers."""


def kinds(types: bytes) -> tuple[str, ...]:
    """Value types by name. Raises ValueError for references."""
    unknown = [one for one in types if one not in KINDS]
    if unknown:
        raise ValueError(f"a value of type {unknown[0]:#x}")
    return tuple(KINDS[one] for one in types)


def only_result(of: FunctionType) -> str:
    """LLVM's type of what a function gives. Raises ValueError for several."""
    found = kinds(of.results)
    if len(found) > 1:
        raise ValueError("a function of several results")
    return TYPES[found[0]] if found else "void"


class Values:
    """The operands that wait, each with its kind."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[tuple[str, str]] = []
        self.allocated: list[str] = []
        """Instructions that belong where the function begins."""

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def push(self, kind: str, value: str) -> None:
        """One more."""
        self._waiting.append((kind, value))

    def pop(self) -> tuple[str, str]:
        """The last one with its kind."""
        return self._waiting.pop()

    def popped(self, count: int) -> list[str]:
        """The last ones, in the order in which they came."""
        found = [value for _, value in self.last(count)]
        self.cut(self.count - count)
        return found

    def last(self, count: int) -> list[tuple[str, str]]:
        """The same, but they go on waiting."""
        return self._waiting[self.count - count :]

    def cut(self, count: int, then: list[tuple[str, str]] | None = None) -> None:
        """Keep so many, and put others on top."""
        self._waiting[count:] = then or []

    def slots(self, carried: tuple[str, ...]) -> Slots:
        """New ones."""
        found = []
        for kind in carried:
            name = f"%s{len(self.allocated)}"
            self.allocated.append(f"{name} = alloca {TYPES[kind]}")
            found.append((kind, name))
        return found

    def store(self, slots: Slots) -> None:
        """What is on top, which goes on waiting."""
        for (kind, slot), (_, value) in zip(slots, self.last(len(slots)), strict=True):
            self._writer.line(f"store {TYPES[kind]} {value}, ptr {slot}")

    def load(self, slots: Slots) -> None:
        """Put what the slots hold on top."""
        for kind, slot in slots:
            self.push(kind, self._writer.value(f"load {TYPES[kind]}, ptr {slot}"))
