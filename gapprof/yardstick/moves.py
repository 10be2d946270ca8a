"""Tensors moved from one layout to another, as runs. Pure."""

import math
from collections.abc import Sequence

from gapprof.kernels.families.moved import Moved
from gapprof.yardstick.node import NoTwinError, Shape


def moved(
    sizes: Shape,
    source_steps: Sequence[int],
    result_steps: Sequence[int],
    source_count: int,
    result: Shape | None = None,
    first: int = 0,
) -> Moved:
    """Trailing axes that lie side by side in both are one run. Raises NoTwinError for single elements."""
    axes, run = len(sizes), 1
    while axes and source_steps[axes - 1] == result_steps[axes - 1] == run:
        axes -= 1
        run *= sizes[axes]
    if run == 1 and math.prod(sizes) > 1:
        raise NoTwinError("it moves single elements")
    outer = [axis for axis in range(axes) if sizes[axis] > 1]
    return Moved(
        sizes=tuple(sizes[axis] for axis in outer),
        run=run,
        source_steps=tuple(source_steps[axis] for axis in outer),
        result_steps=tuple(result_steps[axis] for axis in outer),
        source_count=source_count,
        result_count=math.prod(result if result is not None else sizes),
        result_first=first,
    )


def steps_of(shape: Shape) -> list[int]:
    """From one index of an axis to the next."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
