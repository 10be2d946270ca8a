"""Two operands element by element, with the usual ways to broadcast the second one."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gapprof.gpu_kernels.elementwise import choices, elementwise
from gapprof.gpu_kernels.family import F32, FOUR, Arrays, Choice, Family, Shader
from gapprof.gpu_kernels.functions import applied
from gapprof.kernels.families.combined import Combined

_FROM_ZERO = 0.5
_SIGNS: Mapping[str, str] = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_NUMPY: Mapping[str, Callable[..., NDArray[np.float64]]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
}


def is_known(shape: Combined) -> bool:
    """Whether there is WGSL for its operator."""
    return shape.op in _SIGNS


def _count(shape: Combined) -> int:
    return shape.rows * shape.columns


def _choices(shape: Combined) -> Sequence[Choice]:
    """Fours never reach from one row into the next where rows have operands of their own."""
    run = _count(shape) if shape.right in ("all", "one") else shape.columns
    return choices(can_be_wide=run % FOUR == 0)


def _shader(shape: Combined, choice: Choice) -> Shader:
    columns = shape.columns // FOUR if choice.wide else shape.columns
    other = {
        "all": "right[i]",
        "row": f"right[i % {columns}u]",
        "column": f"T(right[i / {columns}u])",
        "one": "T(right[0])",
    }[shape.right]
    wide_right = choice.wide and shape.right in ("all", "row")
    return elementwise(
        choice,
        count=_count(shape),
        names=[("left", choice.wide), ("right", wide_right), ("result", choice.wide)],
        value=f"left[i] {_SIGNS[shape.op]} {other}",
        activation=shape.activation,
    )


def _operand(shape: Combined, at: int, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Nothing is divided by what is nearly 0."""
    return np.abs(values) + np.float32(_FROM_ZERO) if shape.op == "div" and at == 1 else values


def _buffers(shape: Combined) -> tuple[int, ...]:
    """Left, right, result."""
    whole = F32 * _count(shape)
    right = {"all": whole, "row": F32 * shape.columns, "column": F32 * shape.rows, "one": F32}
    return whole, right[shape.right], whole


def _reference(shape: Combined, arrays: Arrays) -> NDArray[np.float64]:
    sides = {
        "all": (shape.rows, shape.columns),
        "row": (1, shape.columns),
        "column": (shape.rows, 1),
        "one": (1, 1),
    }
    left, right = (one.astype(np.float64) for one in arrays)
    found = _NUMPY[shape.op](left.reshape(shape.rows, shape.columns), right.reshape(sides[shape.right]))
    return applied(shape.activation, found).ravel()


FAMILY = Family(
    kind=Combined,
    choices=_choices,
    shader=_shader,
    buffers=_buffers,
    reference=_reference,
    words=lambda shape: f"{_count(shape)} elements",
    operand=_operand,
)
