"""Layer normalisation over the last axis, in three passes over each row."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, Local, Splat, Unary, Vector
from gapprof.kernels.machine import SCALAR, Machine
from gapprof.kernels.rows import Moving, Row


class LayerNorm(Struct, frozen=True, kw_only=True, tag="layer-norm"):
    """Of `rows` rows of `columns` elements. Parameters: source, scale, bias, result."""

    rows: int
    columns: int
    epsilon: float = 1e-5


def layer_norm(shape: LayerNorm, unroll: int, machine: Machine, *, name: str = "layer_norm") -> Kernel:
    """(x - mean) / sqrt(variance + epsilon) · scale + bias."""
    b = Builder(name, parameters=4, fused=machine.fused)
    source, scale, bias, result = b.parameters
    row = Row(b, shape.columns, unroll, machine)
    scalar = SCALAR.f32

    def summed(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        return total + Load(moving[0], at, kind)

    def summed_squares(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        off = b.vector(kind, Load(moving[0], at, kind) - Splat(mean, kind.lanes))
        return b.mul_add(off, off, total)

    def normalised(moving: Moving, at: int, kind: Vector) -> None:
        off = Load(moving[0], at, kind) - Splat(mean, kind.lanes)
        scaled = b.mul_add(
            off * Splat(inverse, kind.lanes), Load(moving[1], at, kind), Load(moving[2], at, kind)
        )
        b.store(moving[3], scaled, at)

    with b.over(source, shape.rows, shape.columns * F32):
        mean = b.vector(scalar, row.reduced((source,), "add", 0.0, summed) * (1 / shape.columns))
        variance = row.reduced((source,), "add", 0.0, summed_squares) * (1 / shape.columns)
        spread = Unary("sqrt", variance + shape.epsilon)
        inverse = b.vector(scalar, Constant(1.0, scalar) / spread)
        row.walked((source, scale, bias, result), lambda moving, at, kind, _: normalised(moving, at, kind))
        b.advance(result, shape.columns * F32)
    return b.kernel()


def _buffers(shape: LayerNorm) -> tuple[int, ...]:
    """Source, scale, bias, result."""
    whole, row = shape.rows * shape.columns * F32, shape.columns * F32
    return whole, row, row, whole


FAMILY = Family(
    kind=LayerNorm,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: layer_norm(shape, tile.unroll, machine),
    buffers=_buffers,
    weights=lambda _shape: (1, 2),
    words=lambda shape: f"{shape.rows} rows of {shape.columns}",
)
