"""Shapes that have compute shaders, by their names."""

from collections.abc import Sequence

import gapprof.gpu_kernels.families
from gapprof.gpu_kernels.family import Family
from gapprof.own_kernels.shapes import Shapes

_SHAPES: Shapes[Family] = Shapes(gapprof.gpu_kernels.families)
families = _SHAPES.families
family_of = _SHAPES.family_of
key_of = _SHAPES.key_of
shape_of = _SHAPES.shape_of


def described(parts: Sequence[str]) -> str:
    """What the shaders of a node compute."""
    return _SHAPES.described(shape_of(part) for part in parts)
