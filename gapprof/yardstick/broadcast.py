"""How operands that are broadcast lie along a result: runs, and steps between them. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.kernels.spread import Operand
from gapprof.yardstick.node import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """Axes that every operand goes along alike are one; those of one index are none."""

    sizes: Shape
    """Outer axes."""
    run: int
    """The innermost one."""
    operands: tuple[Operand, ...]


def broadcast(result: Shape, operands: Sequence[Shape]) -> Broadcast:
    """Of operands whose shapes ONNX lets be broadcast to that of the result."""
    steps = [_steps(result, operand) for operand in operands]
    axes: list[tuple[int, list[int]]] = []
    """(size, step per operand), the outermost first."""
    for axis, size in enumerate(result):
        if size == 1:
            continue
        here = [of_operand[axis] for of_operand in steps]
        if axes and all(outer == inner * size for outer, inner in zip(axes[-1][1], here, strict=True)):
            axes[-1] = axes[-1][0] * size, here
        else:
            axes.append((size, here))
    *outer_axes, (run, last) = axes or [(1, [0] * len(operands))]
    return Broadcast(
        sizes=tuple(size for size, _ in outer_axes),
        run=run,
        operands=tuple(
            Operand(
                count=math.prod(shape),
                steps=tuple(of_axis[number] for _, of_axis in outer_axes),
                along=last[number] == 1,
            )
            for number, shape in enumerate(operands)
        ),
    )


def _steps(result: Shape, operand: Shape) -> list[int]:
    full = (1,) * (len(result) - len(operand)) + tuple(operand)
    return [0 if size == 1 else math.prod(full[axis + 1 :]) for axis, size in enumerate(full)]
