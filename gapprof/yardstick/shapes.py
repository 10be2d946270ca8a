"""Shapes that have twins, by their names."""

from collections.abc import Sequence

import gapprof.kernels.families
from gapprof.kernels.family import Family
from gapprof.own_kernels.shapes import Shapes

_SHAPES: Shapes[Family] = Shapes(gapprof.kernels.families)
family_of = _SHAPES.family_of
key_of = _SHAPES.key_of
shape_of = _SHAPES.shape_of


def described(parts: Sequence[str]) -> str:
    """What the loop nests of a node compute; those that only prepare an operand go without saying."""
    shapes = [shape_of(part) for part in parts]
    return _SHAPES.described([shape for shape in shapes if not family_of(shape).prepares] or shapes)
