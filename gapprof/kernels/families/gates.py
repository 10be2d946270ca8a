"""What a recurrent network makes of the products of a step: gates, and the state that they let through."""

from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.functions import activation
from gapprof.kernels.ir import Kernel, Load, Local, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.rows import Moving, Row


class Gates(Struct, frozen=True, kw_only=True, tag="gates"):
    """Of `rows` rows of `hidden` elements. In the order and with the functions that ONNX has by default.

    Parameters: what the input gives and what the state gives, [rows, gates · hidden] each with its bias, the
    state, and result. An LSTM has four gates, a cell for its state, and [output, cell] as result; a GRU has
    three, whose reset comes after the product.
    """

    rows: int
    hidden: int
    cell: Literal["lstm", "gru"]

    @property
    def count(self) -> int:
        """Gates."""
        return 4 if self.cell == "lstm" else 3


def gates(shape: Gates, unroll: int, machine: Machine, *, name: str = "gates") -> Kernel:
    """The loop nest."""
    b = Builder(name, parameters=4, fused=machine.fused)
    given, recalled, state, result = b.parameters
    row = Row(b, shape.hidden, unroll, machine)
    each = _lstm if shape.cell == "lstm" else _gru
    with b.over(state, shape.rows, shape.hidden * F32):
        row.walked(
            (state, given, recalled, result), lambda moving, at, kind, _: each(b, shape, moving, at, kind)
        )
        for pointer in (given, recalled):
            b.advance(pointer, shape.count * shape.hidden * F32)
        b.advance(result, shape.hidden * F32)
    return b.kernel()


def _lstm(b: Builder, shape: Gates, moving: Moving, at: int, kind: Vector) -> None:
    """Input, output and forget gate, and what is new to the cell."""
    state, given, recalled, result = moving
    places = [at + number * shape.hidden * F32 for number in range(4)]
    sums = [_sum(b, given, recalled, place, kind) for place in places]
    taken, shown, kept = (b.vector(kind, activation(b, "sigmoid", one)) for one in sums[:3])
    new = b.vector(kind, activation(b, "tanh", sums[3]))
    cell = b.vector(kind, b.mul_add(kept, Load(state, at, kind), taken * new))
    b.store(result, shown * b.vector(kind, activation(b, "tanh", cell)), at)
    b.store(result, cell, at + shape.rows * shape.hidden * F32)


def _gru(b: Builder, shape: Gates, moving: Moving, at: int, kind: Vector) -> None:
    """Update and reset gate, and what is new to the state."""
    state, given, recalled, result = moving
    places = [at + number * shape.hidden * F32 for number in range(3)]
    sums = [_sum(b, given, recalled, place, kind) for place in places[:2]]
    kept, reset = (b.vector(kind, activation(b, "sigmoid", one)) for one in sums)
    inner = b.mul_add(reset, Load(recalled, places[2], kind), Load(given, places[2], kind))
    new = b.vector(kind, activation(b, "tanh", b.vector(kind, inner)))
    b.store(result, b.mul_add(kept, b.vector(kind, Load(state, at, kind) - new), new), at)


def _sum(b: Builder, given: Local, recalled: Local, place: int, kind: Vector) -> Local:
    return b.vector(kind, Load(given, place, kind) + Load(recalled, place, kind))


def _buffers(shape: Gates) -> tuple[int, ...]:
    """From the input, from the state, the state, result."""
    state = shape.rows * shape.hidden * F32
    every = shape.count * state
    return every, every, state, 2 * state if shape.cell == "lstm" else state


FAMILY = Family(
    kind=Gates,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: gates(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"gates of {shape.rows} rows of {shape.hidden}",
)
