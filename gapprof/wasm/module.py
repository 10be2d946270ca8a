"""A WebAssembly module taken apart into sections, and those that say what its functions are.

Format: WebAssembly Core Specification, section 5.5. Sections that nobody asks for are not looked into.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from gapprof.wasm.decode import Bytes, name, unsigned, vector
from gapprof.wasm.encode import HEADER, section

CUSTOM, TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, CODE, DATA = range(12)
DATA_COUNT, TAG = 12, 13
_FUNC = 0x60
_FUNCTION_NAMES = 1
"""A part of the section of names."""
_BY_REFERENCE = (0x63, 0x64)
"""Value types that name their heap type."""


class ForeignTypeError(ValueError):
    """Types that functions of onnxruntime-web's builds do not have, as of objects that are collected."""


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Value types as their bytes: `0x7f` i32, `0x7e` i64, `0x7d` f32, `0x7c` f64, `0x7b` v128."""

    parameters: bytes
    results: bytes


@dataclass(frozen=True, slots=True)
class Import:
    """What the module is given; `kind` 0 function, 1 table, 2 memory, 3 global, 4 tag."""

    module: str
    name: str
    kind: int
    type_index: int
    """Of a function; 0 for the others."""
    shared: bool = False
    """Of a memory."""
    most_pages: int | None = None
    """Of a memory; None: no bound."""


@dataclass(frozen=True, slots=True)
class Export:
    """What the module gives away; kinds as for imports."""

    name: str
    kind: int
    index: int


@dataclass(frozen=True)
class Module:
    """The sections in their order, as they lie in the file."""

    sections: tuple[tuple[int, memoryview], ...]

    def contents(self, kind: int) -> memoryview:
        """Of the only section of a kind; `\\0`, an empty vector, where there is none."""
        return next((content for one, content in self.sections if one == kind), memoryview(b"\0"))

    @cached_property
    def types(self) -> tuple[FunctionType, ...]:
        """Function types; raises ForeignTypeError for any other."""
        return tuple(vector(self.contents(TYPE), 0, _function_type)[0])

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """In their order; those of each kind are counted by themselves."""
        return tuple(vector(self.contents(IMPORT), 0, _import)[0])

    @cached_property
    def exports(self) -> tuple[Export, ...]:
        """In their order."""
        return tuple(vector(self.contents(EXPORT), 0, _export)[0])

    @cached_property
    def type_indices(self) -> tuple[int, ...]:
        """Of the module's own functions, which come after the imported ones."""
        return tuple(vector(self.contents(FUNCTION), 0, unsigned)[0])

    @cached_property
    def bodies(self) -> tuple[memoryview, ...]:
        """Variables and instructions of the module's own functions, without the length before them."""
        return tuple(vector(self.contents(CODE), 0, _sized)[0])

    @cached_property
    def imported_functions(self) -> int:
        """How many; the index of the module's first own function."""
        return sum(one.kind == 0 for one in self.imports)

    @cached_property
    def global_count(self) -> int:
        """Imported ones and the module's own."""
        own, _ = unsigned(self.contents(GLOBAL), 0)
        return own + sum(one.kind == 3 for one in self.imports)

    @cached_property
    def named(self) -> bool:
        """Whether its functions have names, which an engine then tells instead of their indices."""
        return any(_names_functions(content) for kind, content in self.sections if kind == CUSTOM)

    def type_of(self, function: int) -> FunctionType:
        """By the index of a function, imported or not. IndexError for one that does not exist."""
        if function >= self.imported_functions:
            return self.types[self.type_indices[function - self.imported_functions]]
        return self.types[[one.type_index for one in self.imports if one.kind == 0][function]]

    def body_of(self, function: int) -> memoryview:
        """By the index of one of the module's own functions. IndexError for one that is imported."""
        if function < self.imported_functions:
            raise IndexError(f"function {function} is imported")
        return self.bodies[function - self.imported_functions]


def parsed(data: Bytes) -> Module:
    """Raises ValueError for what is no module, or a truncated one."""
    view = memoryview(data)
    if bytes(view[: len(HEADER)]) != HEADER:
        raise ValueError("not a WebAssembly module")
    try:
        return Module(tuple(_sections(view)))
    except IndexError as error:
        raise ValueError("a truncated WebAssembly module") from error


def written(sections: tuple[tuple[int, Bytes], ...]) -> bytes:
    """A module of these sections, in this order."""
    return HEADER + b"".join(section(kind, bytes(content)) for kind, content in sections)


def replaced(module: Module, contents: Mapping[int, Bytes]) -> bytes:
    """The module with other contents of sections; those that it lacks come where the format wants them."""
    order = [
        TYPE,
        IMPORT,
        FUNCTION,
        TABLE,
        MEMORY,
        TAG,
        GLOBAL,
        EXPORT,
        START,
        ELEMENT,
        DATA_COUNT,
        CODE,
        DATA,
    ]
    sections: list[tuple[int, Bytes]] = [(kind, contents.get(kind, old)) for kind, old in module.sections]
    for kind in sorted(contents.keys() - {one for one, _ in sections}, key=order.index):
        later = order[order.index(kind) + 1 :]
        at = next((place for place, (one, _) in enumerate(sections) if one in later), len(sections))
        sections.insert(at, (kind, contents[kind]))
    return written(tuple(sections))


def local_types(body: Bytes) -> tuple[list[tuple[int, int]], int]:
    """Runs of variables (how many, value type) that a body declares, and where its instructions begin."""
    return vector(body, 0, _run)


def _sections(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    at = len(HEADER)
    while at < len(view):
        kind = view[at]
        size, start = unsigned(view, at + 1)
        if start + size > len(view):
            raise ValueError("a truncated WebAssembly module")
        yield kind, view[start : start + size]
        at = start + size


def _names_functions(content: memoryview) -> bool:
    """Of a custom section (Core Specification, appendix A.4), in which mistakes do a module no harm."""
    try:
        called, at = name(content, 0)
        while called == "name" and at < len(content):
            kind, (size, start) = content[at], unsigned(content, at + 1)
            if kind == _FUNCTION_NAMES:
                return True
            at = start + size
    except (IndexError, UnicodeDecodeError):
        return False
    return False


def _function_type(data: Bytes, at: int) -> tuple[FunctionType, int]:
    if data[at] != _FUNC:
        raise ForeignTypeError(f"a type that is no function's ({data[at]:#x})")
    parameters, at = vector(data, at + 1, _own_value_type)
    results, at = vector(data, at, _own_value_type)
    return FunctionType(bytes(parameters), bytes(results)), at


def _own_value_type(data: Bytes, at: int) -> tuple[int, int]:
    if data[at] in _BY_REFERENCE:
        raise ForeignTypeError("a function of references to what has a type of the module's own")
    return data[at], at + 1


def _import(data: Bytes, at: int) -> tuple[Import, int]:
    module, at = name(data, at)
    field, at = name(data, at)
    kind, at = data[at], at + 1
    if kind == 0:
        type_index, at = unsigned(data, at)
        return Import(module, field, kind, type_index), at
    if kind == 1:
        _, at = _value_type(data, at)
        *_, at = _limits(data, at)
        return Import(module, field, kind, 0), at
    if kind == 2:
        shared, most, at = _limits(data, at)
        return Import(module, field, kind, 0, shared, most), at
    if kind == 3:
        _, at = _value_type(data, at)
        return Import(module, field, kind, 0), at + 1
    if kind == 4:
        _, at = unsigned(data, at + 1)
        return Import(module, field, kind, 0), at
    raise ValueError(f"an import of an unknown kind ({kind})")


def _export(data: Bytes, at: int) -> tuple[Export, int]:
    field, at = name(data, at)
    index, end = unsigned(data, at + 1)
    return Export(field, data[at], index), end


def _limits(data: Bytes, at: int) -> tuple[bool, int | None, int]:
    """Whether it is shared, the most that there may be, and where it ends."""
    flags, most = data[at], None
    _, at = unsigned(data, at + 1)
    if flags & 1:
        most, at = unsigned(data, at)
    return bool(flags & 2), most, at


def _run(data: Bytes, at: int) -> tuple[tuple[int, int], int]:
    count, at = unsigned(data, at)
    kind, at = _value_type(data, at)
    return (count, kind), at


def _value_type(data: Bytes, at: int) -> tuple[int, int]:
    kind, at = data[at], at + 1
    if kind in _BY_REFERENCE:
        _, at = unsigned(data, at)
    return kind, at


def _sized(data: Bytes, at: int) -> tuple[memoryview, int]:
    size, at = unsigned(data, at)
    if at + size > len(data):
        raise ValueError("a truncated WebAssembly module")
    return memoryview(data)[at : at + size], at + size
