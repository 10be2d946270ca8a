"""Planes made larger by whole factors: elements repeated, or blended with their neighbours both ways.

What lies between two elements depends on where it lies between them alone, so that each factor has as many
weights as its number, and nothing is looked up. Beyond the edge the edge goes on.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, Local, Shuffle, Vector, vector_of
from gapprof.kernels.machine import Machine, covering
from gapprof.kernels.shuffles import in_turn

Blend = tuple[int, float]
"""0: with the one before it, 1: with the one behind it; and the share of the later one of the two."""


class Resized(Struct, frozen=True, kw_only=True, tag="resized"):
    """[planes, height, width] to [planes, height · factor, width · factor]. Parameters: source, result.

    `centred` blends as if elements were squares (ONNX: half_pixel), `cornered` as if they were points from
    the first one on (asymmetric).
    """

    planes: int
    height: int
    width: int
    factors: tuple[int, int]
    mode: Literal["nearest", "centred", "cornered"]

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return self.height * self.factors[0], self.width * self.factors[1]

    def blends(self, axis: int) -> list[Blend]:
        """What each of the elements that one becomes is made of."""
        factor = self.factors[axis]
        if self.mode == "nearest":
            return [(1, 0.0)] * factor
        shift = 0.5 if self.mode == "centred" else 0.0
        places = [(number + shift) / factor - shift for number in range(factor)]
        return [(0, place + 1) if place < 0 else (1, place) for place in places]


def resized(shape: Resized, machine: Machine, *, name: str = "resized") -> Kernel:
    """The loop nest."""
    return _Nest(shape, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Resized, machine: Machine, name: str) -> None:
        self._shape, self._machine = shape, machine
        self._b = Builder(name, parameters=2, fused=machine.fused)
        self._row_bytes = shape.width * F32
        self._out_row_bytes = shape.out[1] * F32

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        source, result = b.parameters
        with b.over(source, shape.planes, shape.height * self._row_bytes):
            before, here, behind = b.index(source), b.index(source), b.index(source)
            for times, moves in self._stretches():
                with b.over(here, times, self._row_bytes):
                    b.set(behind, here + (self._row_bytes if moves else 0))
                    for number, (side, share) in enumerate(shape.blends(0)):
                        pair = (here, behind) if side else (before, here)
                        self._row(pair, share, result, number * self._out_row_bytes)
                    b.set(before, here)
                    b.advance(result, shape.factors[0] * self._out_row_bytes)
        return b.kernel()

    def _stretches(self) -> Iterator[tuple[int, bool]]:
        """(rows, whether there is one behind them): all but the last, then the last."""
        if self._shape.height > 1:
            yield self._shape.height - 1, True
        yield 1, False

    def _row(self, pair: tuple[Local, Local], share: float, to: Local, place: int) -> None:
        """One row of the result out of two of the source: a loop between the vectors at the edges."""
        b, lanes, width = self._b, self._machine.lanes, self._shape.width
        inner = max(0, width // lanes - 2)
        if inner:
            moving, there = tuple(b.index(one) for one in pair), b.index(to)
            with b.over(there, inner, lanes * self._shape.factors[1] * F32):
                self._vector((moving[0], moving[1]), share, lanes, lanes, there, place)
                for one in moving:
                    b.advance(one, lanes * F32)
        for count, first in covering(width, lanes):
            if not lanes <= first < (inner + 1) * lanes:
                self._vector(pair, share, count, first, to, place)

    def _vector(
        self, pair: tuple[Local, Local], share: float, lanes: int, first: int, to: Local, place: int
    ) -> None:
        b, factor = self._b, self._shape.factors[1]
        here = self._blended(pair, share, lanes, first)
        sides: dict[int, Local] = {}
        made: list[Local] = []
        for side, weight in self._shape.blends(1):
            if not weight:
                made.append(here)
                continue
            if side not in sides:
                sides[side] = self._neighbours(pair, share, lanes, first, here, side)
            low, high = (here, sides[side]) if side else (sides[side], here)
            made.append(b.vector(vector_of(here), self._between(low, high, weight)))
        for number in range(factor):
            at = (first * factor + number * lanes) * F32
            b.store(to, in_turn(made, number * lanes, lanes), place + at)

    def _neighbours(
        self, pair: tuple[Local, Local], share: float, lanes: int, first: int, here: Local, side: int
    ) -> Local:
        """Those before or behind; at the edge an element is its own neighbour."""
        last = first + lanes == self._shape.width
        if side and last:
            order = tuple(min(lane + 1, lanes - 1) for lane in range(lanes))
        elif not side and first == 0:
            order = tuple(max(lane - 1, 0) for lane in range(lanes))
        else:
            return self._blended(pair, share, lanes, first + (1 if side else -1))
        return self._b.vector(vector_of(here), Shuffle(here, here, order))

    def _blended(self, pair: tuple[Local, Local], share: float, lanes: int, first: int) -> Local:
        """Of both rows."""
        b, kind = self._b, Vector("f32", lanes)
        low = b.vector(kind, Load(pair[0], first * F32, kind))
        if not share:
            return low
        return b.vector(kind, self._between(low, Load(pair[1], first * F32, kind), share))

    def _between(self, low: Local, high: Expression, share: float) -> Expression:
        b = self._b
        kind = vector_of(low)
        return b.mul_add(b.vector(kind, high - low), Constant(share, kind), low)


def _buffers(shape: Resized) -> tuple[int, ...]:
    """Source, result."""
    rows, columns = shape.out
    return shape.planes * shape.height * shape.width * F32, shape.planes * rows * columns * F32


def _words(shape: Resized) -> str:
    rows, columns = shape.out
    return f"{shape.mode}, {shape.planes} planes of {shape.height}x{shape.width} to {rows}x{columns}"


FAMILY = Family(
    kind=Resized,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: resized(shape, machine),
    buffers=_buffers,
    words=_words,
)
