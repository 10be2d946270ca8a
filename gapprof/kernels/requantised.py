"""How sums become quantised bytes, and how few of them are stored."""

from dataclasses import dataclass

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import PerFilter
from gapprof.kernels.ir import (
    Binary,
    Bits,
    Constant,
    Dot,
    Expression,
    Lane,
    Local,
    Shuffle,
    ToFloat,
    Vector,
    vector_of,
)
from gapprof.kernels.machine import covering

FEWEST = 4
"""Bytes that are stored at once."""
_NARROWEST = 16
_SHIFT = 12582912.0
"""1.5 * 2^23: added to a small f32 it rounds to the nearest whole number, halves to even, in the low bits."""


def columns(count: int, lanes: int) -> list[tuple[int, int]]:
    """(lanes, first) of vectors that cover `count` columns, none narrower than four. ValueError for fewer."""
    if count < FEWEST:
        raise ValueError(f"a row of {count} bytes is stored by nothing here")
    while lanes > count:
        lanes //= 2
    return list(covering(count, max(lanes, FEWEST)))


def bytes_for(count: int) -> Vector:
    """The vector that holds `count` bytes; none is narrower than 128 bits."""
    return Vector("i8", max(count, _NARROWEST))


def quantised(total: Expression, scale: Expression, zero_point: int, *, unsigned: bool) -> Expression:
    """i32 times a scale as bytes, one in the low bits of each i32."""
    return kept_in_a_byte(ToFloat(total) * scale + float(zero_point), unsigned=unsigned)


def kept_in_a_byte(value: Expression, *, unsigned: bool) -> Expression:
    """f32 rounded and kept within a byte, which is the low one of each i32 that comes out."""
    kind = vector_of(value)
    lowest, highest = (0, 255) if unsigned else (-128, 127)
    kept = Binary("pmin", Binary("pmax", value, Constant(lowest, kind)), Constant(highest, kind))
    return Bits(kept + _SHIFT, Vector("i32", kind.lanes))


def store_low_bytes(b: Builder, value: Expression, to: Local, place: int) -> None:
    """The low byte of each i32, side by side."""
    lanes = vector_of(value).lanes
    order = (*range(0, 4 * lanes, 4), *[0] * (3 * lanes))
    as_bytes = b.vector(Vector("i8", 4 * lanes), Bits(value, Vector("i8", 4 * lanes)))
    store_first(b, Shuffle(as_bytes, as_bytes, order), lanes, to, place)


def store_first(b: Builder, value: Expression, count: int, to: Local, place: int) -> None:
    """The first `count` bytes, a multiple of four, of a vector."""
    if count == vector_of(value).size_bytes:
        b.store(to, value, place)
        return
    size = vector_of(value).size_bytes
    floats = b.vector(Vector("f32", size // 4), Bits(value, Vector("f32", size // 4)))
    for lane in range(count // 4):
        b.store(to, Lane(floats, lane), place + 4 * lane)


def half_of(widened: Local, half: int, lanes: int) -> Expression:
    """Half of the lanes of i16 as i32: each twice, one of them times one, the other times nothing."""
    start = half * lanes // 2
    order = tuple(start + lane // 2 for lane in range(lanes))
    one = Bits(Constant(1, Vector("i32", lanes // 2)), Vector("i16", lanes))
    return Dot(Shuffle(widened, widened, order), one)


@dataclass(frozen=True, slots=True)
class ByteEnds:
    """Of a filter with a bias and a scale: sums start with the one, and become bytes by the other."""

    zero_point: int
    unsigned: bool
    """The result."""
    own: PerFilter

    def begin(self, lanes: int) -> Expression:
        """The bias."""
        return self.own.splat(0, Vector("i32", lanes))

    def finish(self, b: Builder, total: Local, to: Local, place: int) -> None:
        """The sum times the scale, as a byte."""
        scale = self.own.splat(1, Vector("f32", vector_of(total).lanes))
        value = quantised(total, scale, self.zero_point, unsigned=self.unsigned)
        store_low_bytes(b, value, to, place)
