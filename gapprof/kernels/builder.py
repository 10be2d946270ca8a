"""Writes a kernel down statement by statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from gapprof.kernels.ir import (
    INDEX,
    Assign,
    Binary,
    Expression,
    Kernel,
    Lane,
    Local,
    Loop,
    MulAdd,
    Shuffle,
    Statement,
    Store,
    Type,
    Vector,
)


class Builder:
    """Variables are made as they are wanted; statements go where the innermost open loop is."""

    def __init__(self, name: str, *, parameters: int, fused: bool) -> None:
        self._name = name
        self._fused = fused
        self.parameters = tuple(Local(number, INDEX) for number in range(parameters))
        self._locals: list[Type] = []
        self._body: list[Statement] = []

    def kernel(self) -> Kernel:
        """What was written."""
        return Kernel(
            name=self._name,
            parameters=len(self.parameters),
            locals=tuple(self._locals),
            body=tuple(self._body),
        )

    def index(self, value: Expression | None = None) -> Local:
        """A new address or counter."""
        return self._local(INDEX, value)

    def vector(self, type_: Vector, value: Expression | None = None) -> Local:
        """A new variable that holds a vector."""
        return self._local(type_, value)

    def set(self, local: Local, value: Expression) -> None:
        """Give a variable a value."""
        self._body.append(Assign(local, value))

    def advance(self, pointer: Local, by_bytes: int) -> None:
        """Move a pointer on, or back."""
        if by_bytes:
            self.set(pointer, pointer + by_bytes)

    def store(self, address: Expression, value: Expression, offset: int = 0) -> None:
        """Write a vector to memory."""
        self._body.append(Store(address, offset, value))

    def mul_add(self, left: Expression, right: Expression, addend: Expression) -> MulAdd:
        """left · right + addend, fused where this kernel is."""
        return MulAdd(left, right, addend, self._fused)

    @contextmanager
    def over(self, pointer: Local, times: int, step_bytes: int) -> Iterator[None]:
        """The body `times` times (at least once), the pointer moved on by a step after each."""
        if times < 1 or step_bytes < 1:
            raise ValueError(f"a loop of {times} steps of {step_bytes} bytes")
        end = self.index(pointer + times * step_bytes) if times > 1 else None
        outside, self._body = self._body, []
        yield
        self.advance(pointer, step_bytes)
        inside, self._body = self._body, outside
        if end is None:
            self._body += inside
        else:
            self._body.append(Loop(tuple(inside), pointer, end))

    def fold(self, op: Literal["add", "max", "pmax", "min", "pmin"], value: Expression) -> Expression:
        """All lanes in one scalar, halves first: log2(lanes) steps."""
        if not isinstance(value.type, Vector):
            raise TypeError(f"only a vector can be folded, not {value.type}")
        lanes = value.type.lanes
        if lanes == 1:
            return value
        folded = self.vector(value.type, value)
        distance = lanes // 2
        while distance:
            turned = tuple((lane + distance) % lanes for lane in range(lanes))
            self.set(folded, Binary(op, folded, Shuffle(folded, folded, turned)))
            distance //= 2
        return Lane(folded, 0)

    def _local(self, type_: Type, value: Expression | None) -> Local:
        local = Local(len(self.parameters) + len(self._locals), type_)
        self._locals.append(type_)
        if value is not None:
            self.set(local, value)
        return local
