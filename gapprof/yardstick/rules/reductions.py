"""Sums and means over the last axes."""

import math

from gapprof.kernels.families.mean import Mean
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, Shape


def _reduced(node: Node) -> Parts:
    """The shapes say which axes, where they are kept as 1; else an attribute has to."""
    shape = node.input(0)
    if node.types[0] != "f32":
        raise NoTwinError("it reduces no f32")
    if node.attribute("noop_with_empty_axes", 0) and not node.has(1):
        raise NoTwinError("it reduces nothing")
    axes = _axes(node, shape)
    kept = [axis for axis in range(len(shape)) if axis not in axes and shape[axis] > 1]
    if kept and axes and min(axes) < max(kept):
        raise NoTwinError("the axes that it reduces are not the last ones")
    return [Mean(rows=math.prod(node.output), columns=math.prod(shape) // math.prod(node.output))]


def _axes(node: Node, shape: Shape) -> set[int]:
    """Of those longer than 1."""
    if node.attribute("keepdims", 1):
        return {axis for axis, size in enumerate(node.output) if size == 1 < shape[axis]}
    named = node.attribute("axes", node.numbers[1] if node.has(1) else None)
    if named is None and math.prod(node.output) > 1:
        raise NoTwinError("its axes are told by a tensor")
    return {int(axis) % len(shape) for axis in named or range(len(shape)) if shape[int(axis)] > 1}


RULES = Rules(
    id="reductions",
    by_operator={
        ("ai.onnx", "ReduceMean"): _reduced,
        ("ai.onnx", "ReduceSum"): _reduced,
    },
    floats=False,
)
