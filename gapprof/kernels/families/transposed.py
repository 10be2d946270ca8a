"""Matrices with rows and columns exchanged, in squares of four by four."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import Expression, Kernel, Load, Local, Shuffle, Vector
from gapprof.kernels.machine import Machine

_SIDE = 4


class Transposed(Struct, frozen=True, kw_only=True, tag="transposed"):
    """[batch, rows, columns] to [batch, columns, rows]. Parameters: source, result."""

    batch: int = 1
    rows: int
    columns: int
    row_step: int = 0
    """From a row of the source to the next, in elements; 0: they lie side by side."""
    batch_step: int = 0
    """The same for matrices of the source."""

    @property
    def source_steps(self) -> tuple[int, int]:
        """From matrix to matrix and from row to row."""
        return self.batch_step or self.rows * self.columns, self.row_step or self.columns


def transposed(shape: Transposed, machine: Machine) -> Kernel:
    """The loop nest; wider vectors than four lanes would not help a square of four."""
    return _Nest(shape, machine).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Transposed, machine: Machine) -> None:
        self._shape = shape
        self._side = _SIDE if machine.lanes >= _SIDE else 1
        self._b = Builder("transposed", parameters=2, fused=machine.fused)

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        source, result = b.parameters
        whole, (batch_step, row_step) = shape.rows * shape.columns * F32, shape.source_steps
        with b.over(source, shape.batch, batch_step * F32):
            row, to = b.index(source), b.index(result)
            full, rest = divmod(shape.rows, self._side)
            for height, times in ((self._side, full), (1, rest)):
                if not times:
                    continue
                with b.over(row, times, height * row_step * F32):
                    self._band(height, row, to)
                    b.advance(to, height * F32)
            b.advance(result, whole)
        return b.kernel()

    def _band(self, height: int, row: Local, to: Local) -> None:
        """So many rows, square by square, then element by element."""
        b, shape = self._b, self._shape
        at, there = b.index(row), b.index(to)
        full, rest = divmod(shape.columns, height) if height > 1 else (0, shape.columns)
        if full:
            with b.over(at, full, height * F32):
                for line, value in enumerate(self._square(at)):
                    b.store(there, value, line * shape.rows * F32)
                b.advance(there, height * shape.rows * F32)
        if rest:
            scalar = Vector("f32", 1)
            with b.over(at, rest, F32):
                for line in range(height):
                    b.store(there, Load(at, line * shape.source_steps[1] * F32, scalar), line * F32)
                b.advance(there, shape.rows * F32)

    def _square(self, at: Local) -> list[Expression]:
        """Four vectors out of four: pairs of lanes, then pairs of pairs."""
        b, kind = self._b, Vector("f32", _SIDE)
        step = self._shape.source_steps[1] * F32
        lines = [b.vector(kind, Load(at, line * step, kind)) for line in range(_SIDE)]
        low = [b.vector(kind, Shuffle(lines[n], lines[n + 1], (0, 4, 1, 5))) for n in (0, 2)]
        high = [b.vector(kind, Shuffle(lines[n], lines[n + 1], (2, 6, 3, 7))) for n in (0, 2)]
        first, second = (0, 1, 4, 5), (2, 3, 6, 7)
        return [Shuffle(pair[0], pair[1], order) for pair in (low, high) for order in (first, second)]


def _buffers(shape: Transposed) -> tuple[int, ...]:
    """Source, result."""
    batch_step, row_step = shape.source_steps
    source = (shape.batch - 1) * batch_step + (shape.rows - 1) * row_step + shape.columns
    return source * F32, shape.batch * shape.rows * shape.columns * F32


FAMILY = Family(
    kind=Transposed,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: transposed(shape, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.batch} of {shape.rows}x{shape.columns}",
    prepares=True,
)
