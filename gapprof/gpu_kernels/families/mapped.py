"""A function of every element."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gapprof.gpu_kernels.elementwise import choices, elementwise
from gapprof.gpu_kernels.family import F32, FOUR, Arrays, Choice, Family, Shader
from gapprof.gpu_kernels.functions import ONLY_POSITIVE, applied
from gapprof.kernels.families.mapped import Mapped

_FROM_ZERO = 0.5


def _choices(shape: Mapped) -> Sequence[Choice]:
    return choices(can_be_wide=shape.count % FOUR == 0)


def _shader(shape: Mapped, choice: Choice) -> Shader:
    return elementwise(
        choice,
        count=shape.count,
        names=[("source", choice.wide), ("result", choice.wide)],
        value="source[i]",
        activation=shape.function,
    )


def _operand(shape: Mapped, _: int, values: NDArray[np.float32]) -> NDArray[np.float32]:
    if shape.function not in ONLY_POSITIVE:
        return values
    return np.abs(values) + np.float32(_FROM_ZERO)


def _reference(shape: Mapped, arrays: Arrays) -> NDArray[np.float64]:
    return applied(shape.function, arrays[0].astype(np.float64))


FAMILY = Family(
    kind=Mapped,
    choices=_choices,
    shader=_shader,
    buffers=lambda shape: (F32 * shape.count,) * 2,
    reference=_reference,
    words=lambda shape: f"{shape.count} elements",
    operand=_operand,
)
