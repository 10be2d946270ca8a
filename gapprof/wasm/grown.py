"""A module to which things are added behind what it has, so that no index of it shifts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gapprof.wasm.decode import unsigned as number
from gapprof.wasm.encode import I32, name, signed, unsigned, vector
from gapprof.wasm.module import (
    CODE,
    EXPORT,
    FUNCTION,
    GLOBAL,
    MEMORY,
    TABLE,
    TYPE,
    Export,
    FunctionType,
    Module,
    replaced,
)

FUNCTION_KIND, TABLE_KIND, MEMORY_KIND, GLOBAL_KIND = range(4)
_FUNCREF = 0x70
_FUNC = 0x60
_UNBOUNDED, _BOUNDED = 0, 1
"""Limits without and with a maximum."""
_MUTABLE, _CONST, _END = b"\x01", b"\x41", b"\x0b"


@dataclass(slots=True)
class Grown:
    """What is to be added to a module, and what is to take the place of what it has."""

    module: Module
    _types: list[FunctionType] = field(init=False)
    _type_indices: list[int] = field(init=False)
    _bodies: list[bytes | memoryview] = field(init=False)
    _exports: list[Export] = field(init=False)
    _tables: list[bytes] = field(default_factory=list)
    _memories: list[bytes] = field(default_factory=list)
    _globals: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._types = list(self.module.types)
        self._type_indices = list(self.module.type_indices)
        self._bodies = list(self.module.bodies)
        self._exports = list(self.module.exports)

    def type_index(self, wanted: FunctionType) -> int:
        """Of such a type, which is added where the module has none."""
        if wanted not in self._types:
            self._types.append(wanted)
        return self._types.index(wanted)

    def function(self, kind: FunctionType, body: bytes | memoryview) -> int:
        """Add a function; returns its index."""
        self._type_indices.append(self.type_index(kind))
        self._bodies.append(body)
        return self.module.imported_functions + len(self._bodies) - 1

    def put(self, function: int, body: bytes) -> None:
        """Another body for one of the module's own functions. IndexError for one that is imported."""
        self.module.body_of(function)
        self._bodies[function - self.module.imported_functions] = body

    def memory(self, pages: int) -> int:
        """Add one that neither grows nor is shared; returns its index."""
        return self._memory(_limits(pages))

    def growing_memory(self, pages: int) -> int:
        """Add one that begins with so many pages; returns its index."""
        return self._memory(bytes([_UNBOUNDED]) + unsigned(pages))

    def variable(self, begins: int) -> int:
        """Add a global i32 that changes; returns its index."""
        self._globals.append(I32 + _MUTABLE + _CONST + signed(begins) + _END)
        return self.module.global_count + len(self._globals) - 1

    def table(self, size: int) -> int:
        """Add one of functions, all of them missing; returns its index."""
        self._tables.append(bytes([_FUNCREF]) + _limits(size))
        return self._count(TABLE, TABLE_KIND) + len(self._tables) - 1

    def export(self, called: str, kind: int, index: int) -> None:
        """Add one. ValueError where the module has one of that name."""
        if any(one.name == called for one in self._exports):
            raise ValueError(f"the module has an export called {called}")
        self._exports.append(Export(called, kind, index))

    def redirect(self, called: str, index: int) -> None:
        """Let an export of the module lead to something else of its kind."""
        self._exports = [
            Export(one.name, one.kind, index) if one.name == called else one for one in self._exports
        ]

    def written(self) -> bytes:
        """The module with all of it."""
        contents = {
            TYPE: vector(_type(one) for one in self._types),
            FUNCTION: vector(unsigned(one) for one in self._type_indices),
            EXPORT: vector(name(one.name) + bytes([one.kind]) + unsigned(one.index) for one in self._exports),
            CODE: vector(unsigned(len(body)) + bytes(body) for body in self._bodies),
        }
        for section, added in (
            (TABLE, self._tables),
            (MEMORY, self._memories),
            (GLOBAL, self._globals),
        ):
            if added:
                contents[section] = _longer(self.module.contents(section), added)
        return replaced(self.module, contents)

    def _memory(self, limits: bytes) -> int:
        self._memories.append(limits)
        return self._count(MEMORY, MEMORY_KIND) + len(self._memories) - 1

    def _count(self, section: int, kind: int) -> int:
        """Imported ones and the module's own."""
        own, _ = number(self.module.contents(section), 0)
        return own + sum(one.kind == kind for one in self.module.imports)


def _longer(content: memoryview, added: Sequence[bytes]) -> bytes:
    count, at = number(content, 0)
    return unsigned(count + len(added)) + bytes(content[at:]) + b"".join(added)


def _limits(size: int) -> bytes:
    return bytes([_BOUNDED]) + unsigned(size) + unsigned(size)


def _type(one: FunctionType) -> bytes:
    parameters, results = (unsigned(len(kinds)) + kinds for kinds in (one.parameters, one.results))
    return bytes([_FUNC]) + parameters + results
