"""Normalisation over the last axis as transformers have it: with a sum before it, without mean or shift."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, Local, Splat, Unary, Vector
from gapprof.kernels.machine import SCALAR, Machine
from gapprof.kernels.rows import Moving, Row


class SkipNorm(Struct, frozen=True, kw_only=True, tag="skip-norm"):
    """Of `rows` rows of `columns` elements.

    Parameters: source, then as far as they are there a tensor and a row that are added to it, scale, shift
    where there is one, and result: what is normalised and, if it is kept, the sum behind it.
    """

    rows: int
    columns: int
    epsilon: float = 1e-5
    skip: bool = False
    bias: bool = False
    centred: bool = True
    """Whether the mean is taken out first; else it is a division by the root of the mean square."""
    shift: bool = True
    keeps_sum: bool = False

    @property
    def parameters(self) -> int:
        """Of the kernel."""
        return 3 + self.skip + self.bias + self.shift


def skip_norm(shape: SkipNorm, unroll: int, machine: Machine, *, name: str = "skip_norm") -> Kernel:
    """(x - mean) / sqrt(variance + epsilon) · scale + shift, of the sum."""
    b = Builder(name, parameters=shape.parameters, fused=machine.fused)
    source, *told, result = b.parameters
    skip = told.pop(0) if shape.skip else None
    bias = told.pop(0) if shape.bias else None
    row, scalar = Row(b, shape.columns, unroll, machine), SCALAR.f32
    kept = b.index(result + shape.rows * shape.columns * F32) if shape.keeps_sum else result
    added = [one for one in (skip, bias) if one is not None]

    def summed(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        value: Expression = Load(moving[0], at, kind)
        for one in moving[2:]:
            value = value + Load(one, at, kind)
        if added:
            value = b.vector(kind, value)
            b.store(moving[1], value, at)
        return total + value

    def summed_squares(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        off = b.vector(kind, _off(Load(moving[0], at, kind), mean))
        return b.mul_add(off, off, total)

    def normalised(moving: Moving, at: int, kind: Vector) -> None:
        off = _off(Load(moving[0], at, kind), mean) * Splat(inverse, kind.lanes)
        scale, *shift = (Load(one, at, kind) for one in moving[2:])
        b.store(moving[1], b.mul_add(off, scale, shift[0]) if shift else off * scale, at)

    with b.over(source, shape.rows, shape.columns * F32):
        values = kept if added else source
        mean: Local | None = None
        if added or shape.centred:
            total = row.reduced((source, kept, *added), "add", 0.0, summed)
            mean = b.vector(scalar, total * (1 / shape.columns)) if shape.centred else None
        variance = row.reduced((values,), "add", 0.0, summed_squares) * (1 / shape.columns)
        inverse = b.vector(scalar, Constant(1.0, scalar) / Unary("sqrt", variance + shape.epsilon))
        row.walked((values, result, *told), lambda moving, at, kind, _: normalised(moving, at, kind))
        for pointer in (result, *([kept] if shape.keeps_sum else []), *([skip] if skip is not None else [])):
            b.advance(pointer, shape.columns * F32)
    return b.kernel()


def _off(value: Expression, mean: Local | None) -> Expression:
    if mean is None or not isinstance(value.type, Vector):
        return value
    return value - Splat(mean, value.type.lanes)


def _buffers(shape: SkipNorm) -> tuple[int, ...]:
    """Source, what is added, scale, shift, result."""
    whole, row = shape.rows * shape.columns * F32, shape.columns * F32
    added = [whole] * shape.skip + [row] * shape.bias
    return whole, *added, row, *[row] * shape.shift, whole * (2 if shape.keeps_sum else 1)


FAMILY = Family(
    kind=SkipNorm,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: skip_norm(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.rows} rows of {shape.columns}",
)
