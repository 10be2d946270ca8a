"""Operators that only move elements."""

import math

from gapprof.kernels.families.transposed import Transposed
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _transpose(node: Node) -> Parts:
    shape = node.input(0)
    order = list(node.attribute("perm", reversed(range(len(shape)))))
    axes = len(shape)
    if axes >= 2 and order == [*range(axes - 2), axes - 1, axes - 2]:
        return [Transposed(batch=math.prod(shape[:-2]), rows=shape[-2], columns=shape[-1])]
    raise NoTwinError("it exchanges other axes than the last two")


RULES = Rules(
    id="layout",
    by_operator={
        ("ai.onnx", "Transpose"): _transpose,
    },
)
