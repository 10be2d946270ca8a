"""The kernel language: typed expressions over vector lanes, and loops whose bounds are baked in. Pure values.

A kernel gets addresses and returns nothing. Every operation means the same in both lowerings; where wasm and
native code could differ (NaN, a fused product) the operation says which of the meanings it has.
"""

from dataclasses import dataclass
from typing import Literal

Element = Literal["f32", "i32", "i16", "i8"]
ELEMENT_BYTES: dict[Element, int] = {"f32": 4, "i32": 4, "i16": 2, "i8": 1}


@dataclass(frozen=True, slots=True)
class Index:
    """An address or a counter: 32 bits in wasm, 64 natively."""


@dataclass(frozen=True, slots=True)
class Vector:
    """`lanes` elements side by side; one lane is a scalar."""

    element: Element
    lanes: int

    @property
    def size_bytes(self) -> int:
        """Of all lanes."""
        return self.lanes * ELEMENT_BYTES[self.element]


Type = Index | Vector
INDEX = Index()

Arithmetic = Literal["add", "sub", "mul", "div", "min", "max", "pmin", "pmax", "umax", "and", "or", "xor"]
"""`min` and `max` hand on NaN and order zeros (IEEE 754-2019 minimum, maximum); `pmin` is
`b < a ? b : a`, `pmax` is `a < b ? b : a`: one x86 instruction each. `umax` takes bytes as unsigned."""
Function = Literal["sqrt", "abs", "neg", "floor", "nearest"]
ARITHMETIC: dict[str, frozenset[str]] = {
    "index": frozenset({"add", "sub", "mul"}),
    "f32": frozenset({"add", "sub", "mul", "div", "min", "max", "pmin", "pmax"}),
    "i32": frozenset({"add", "sub", "mul", "and", "or", "xor"}),
    "i16": frozenset(),
    "i8": frozenset({"max", "umax"}),
}
"""What there is, by the type of both operands."""


class Operand:
    """What expressions share: the operators, so that a kernel reads like its formula."""

    __slots__ = ()

    def __add__(self, other: "Expression | float") -> "Binary":
        return Binary("add", _expression(self), _like(other, self))

    def __sub__(self, other: "Expression | float") -> "Binary":
        return Binary("sub", _expression(self), _like(other, self))

    def __mul__(self, other: "Expression | float") -> "Binary":
        return Binary("mul", _expression(self), _like(other, self))

    def __truediv__(self, other: "Expression | float") -> "Binary":
        return Binary("div", _expression(self), _like(other, self))


@dataclass(frozen=True, slots=True)
class Local(Operand):
    """A variable, or one of the parameters, which come first."""

    number: int
    type: Type


@dataclass(frozen=True, slots=True)
class Constant(Operand):
    """One number, in every lane."""

    value: float
    type: Type


@dataclass(frozen=True, slots=True)
class Binary(Operand):
    """Lane by lane."""

    op: Arithmetic
    left: "Expression"
    right: "Expression"

    def __post_init__(self) -> None:
        _same(self.op, self.left, self.right)
        kind = self.type.element if isinstance(self.type, Vector) else "index"
        if self.op not in ARITHMETIC[kind]:
            raise TypeError(f"{kind} has no {self.op}")

    @property
    def type(self) -> Type:
        """That of both operands."""
        return self.left.type


@dataclass(frozen=True, slots=True)
class Unary(Operand):
    """Lane by lane; `nearest` rounds halves to even."""

    op: Function
    operand: "Expression"

    def __post_init__(self) -> None:
        _wanted(self.op, self.operand, "f32")

    @property
    def type(self) -> Type:
        """That of the operand."""
        return self.operand.type


@dataclass(frozen=True, slots=True)
class MulAdd(Operand):
    """left · right + addend; `fused` rounds once, where an engine's relaxed instruction does."""

    left: "Expression"
    right: "Expression"
    addend: "Expression"
    fused: bool

    def __post_init__(self) -> None:
        for one in (self.left, self.right, self.addend):
            _wanted("multiply-add", one, "f32")
        _same("multiply-add", self.left, self.right)
        _same("multiply-add", self.left, self.addend)

    @property
    def type(self) -> Type:
        """That of all three."""
        return self.addend.type


@dataclass(frozen=True, slots=True)
class Dot(Operand):
    """Pairs of i16 multiplied and added: 2n lanes of i16 become n of i32."""

    left: "Expression"
    right: "Expression"

    def __post_init__(self) -> None:
        _same("dot", self.left, self.right)
        _wanted("dot", self.left, "i16")

    @property
    def type(self) -> Vector:
        """Half the lanes, twice as wide."""
        return Vector("i32", _lanes(self.left) // 2)


@dataclass(frozen=True, slots=True)
class ByteDot(Operand):
    """Fours of bytes multiplied and added to an i32 each: `left` is signed, `right` of 7 bits without sign.

    Beyond 7 bits engines may disagree: the instruction is a relaxed one.
    """

    left: "Expression"
    right: "Expression"
    addend: "Expression"

    def __post_init__(self) -> None:
        _same("byte dot", self.left, self.right)
        _wanted("byte dot", self.left, "i8")
        _wanted("byte dot", self.addend, "i32")
        if _lanes(self.left) != 4 * _lanes(self.addend):
            raise TypeError(f"fours of {self.left.type} make no {self.addend.type}")

    @property
    def type(self) -> Vector:
        """That of the addend."""
        return vector_of(self.addend)


@dataclass(frozen=True, slots=True)
class Bits(Operand):
    """The same bits as other lanes of the same size."""

    operand: "Expression"
    type: Vector

    def __post_init__(self) -> None:
        if vector_of(self.operand).size_bytes != self.type.size_bytes:
            raise TypeError(f"{self.operand.type} does not have the bits of {self.type}")


@dataclass(frozen=True, slots=True)
class Shift(Operand):
    """Each i32 by so many bits."""

    operand: "Expression"
    bits: int

    def __post_init__(self) -> None:
        _wanted("shift", self.operand, "i32")

    @property
    def type(self) -> Type:
        """That of the operand."""
        return self.operand.type


@dataclass(frozen=True, slots=True)
class ShiftLeft(Shift):
    """With zeros."""


@dataclass(frozen=True, slots=True)
class ShiftRight(Shift):
    """With copies of its sign."""


@dataclass(frozen=True, slots=True)
class ToFloat(Operand):
    """i32 to the nearest f32."""

    operand: "Expression"

    def __post_init__(self) -> None:
        _wanted("conversion", self.operand, "i32")

    @property
    def type(self) -> Vector:
        """As many lanes of f32."""
        return Vector("f32", _lanes(self.operand))


@dataclass(frozen=True, slots=True)
class Load(Operand):
    """Lanes side by side from `address` + `offset` bytes, aligned or not."""

    address: "Expression"
    offset: int
    type: Vector

    def __post_init__(self) -> None:
        _address(self.address, self.offset)


@dataclass(frozen=True, slots=True)
class LoadWidened(Operand):
    """Lanes of bytes side by side, each as i16, with its sign or as it has none."""

    address: "Expression"
    offset: int
    lanes: int
    signed: bool = True

    def __post_init__(self) -> None:
        _address(self.address, self.offset)

    @property
    def type(self) -> Vector:
        """Of i16."""
        return Vector("i16", self.lanes)


@dataclass(frozen=True, slots=True)
class LoadSplat(Operand):
    """One element from memory in every lane; of i16 one pair, the operand of a dot."""

    address: "Expression"
    offset: int
    type: Vector

    def __post_init__(self) -> None:
        _address(self.address, self.offset)
        if self.type.element not in ("f32", "i32", "i16"):
            raise TypeError(f"there is no splat of {self.type.element}")


@dataclass(frozen=True, slots=True)
class Splat(Operand):
    """A scalar in every lane."""

    operand: "Expression"
    lanes: int

    def __post_init__(self) -> None:
        _wanted("splat", self.operand, "f32")
        if _lanes(self.operand) != 1:
            raise TypeError(f"a splat takes a scalar, not {self.operand.type}")

    @property
    def type(self) -> Vector:
        """`lanes` of what is spread."""
        return Vector("f32", self.lanes)


@dataclass(frozen=True, slots=True)
class Lane(Operand):
    """One lane as a scalar."""

    operand: "Expression"
    number: int

    def __post_init__(self) -> None:
        _wanted("lane", self.operand, "f32")
        if not 0 <= self.number < _lanes(self.operand):
            raise TypeError(f"{self.operand.type} has no lane {self.number}")

    @property
    def type(self) -> Vector:
        """One lane."""
        return Vector("f32", 1)


@dataclass(frozen=True, slots=True)
class Shuffle(Operand):
    """Lanes of two vectors in a new order; the second one's are counted on."""

    left: "Expression"
    right: "Expression"
    order: tuple[int, ...]

    def __post_init__(self) -> None:
        _same("shuffle", self.left, self.right)
        lanes = _lanes(self.left)
        if len(self.order) != lanes or not all(0 <= one < 2 * lanes for one in self.order):
            raise TypeError(f"not an order of {lanes} lanes out of two vectors: {self.order}")

    @property
    def type(self) -> Type:
        """That of both."""
        return self.left.type


Expression = (
    Local
    | Constant
    | Binary
    | Unary
    | MulAdd
    | Dot
    | ByteDot
    | Bits
    | ShiftLeft
    | ShiftRight
    | ToFloat
    | Load
    | LoadWidened
    | LoadSplat
    | Splat
    | Lane
    | Shuffle
)


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable gets a value."""

    local: Local
    value: Expression

    def __post_init__(self) -> None:
        _same("assignment", self.local, self.value)


@dataclass(frozen=True, slots=True)
class Store:
    """A vector goes to `address` + `offset` bytes."""

    address: Expression
    offset: int
    value: Expression

    def __post_init__(self) -> None:
        _address(self.address, self.offset)
        vector_of(self.value)


@dataclass(frozen=True, slots=True)
class Loop:
    """The body once, then again while `left` and `right` differ."""

    body: tuple["Statement", ...]
    left: Expression
    right: Expression

    def __post_init__(self) -> None:
        if self.left.type != INDEX or self.right.type != INDEX:
            raise TypeError("a loop ends by comparing two indices")


Statement = Assign | Store | Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A function of `parameters` addresses."""

    name: str
    parameters: int
    locals: tuple[Type, ...]
    """Without the parameters."""
    body: tuple[Statement, ...]


def repeated(name: str) -> str:
    """Of the function that calls the kernel of that name over and over, with arguments out of a table.

    Both lowerings make one; it takes how often, the table's address, and its rows, and begins again behind
    the last row.
    """
    return f"{name}_repeated"


def _expression(operand: Operand) -> Expression:
    if not isinstance(operand, Expression):
        raise TypeError(f"{operand!r} is no expression of the language")
    return operand


def _like(value: Expression | float, other: Operand) -> Expression:
    """A bare number takes the type of the other operand."""
    return Constant(value, _expression(other).type) if isinstance(value, int | float) else value


def _same(what: str, left: Expression, right: Expression) -> None:
    if left.type != right.type:
        raise TypeError(f"{what} takes two of one type, not {left.type} and {right.type}")


def _wanted(what: str, operand: Expression, element: Element) -> None:
    if vector_of(operand).element != element:
        raise TypeError(f"{what} takes {element}, not {operand.type}")


def vector_of(operand: Expression) -> Vector:
    """Its type; raises TypeError for an index."""
    if not isinstance(operand.type, Vector):
        raise TypeError(f"a vector is wanted, not {operand.type}")
    return operand.type


def _lanes(operand: Expression) -> int:
    return vector_of(operand).lanes


def _address(address: Expression, offset: int) -> None:
    if address.type != INDEX:
        raise TypeError(f"an address is an index, not {address.type}")
    if offset < 0:
        raise TypeError(f"wasm adds no negative offset: {offset}")
