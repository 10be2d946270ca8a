"""Where in a tensor the results of splitting and slicing begin. Pure."""

import math
from collections.abc import Sequence

import onnx
from onnx import helper

from gapprof.yardstick.node import NoTwinError, Shape
from gapprof.yardstick.storage import Storage


def first_elements(
    node: onnx.NodeProto, source: Shape, results: Sequence[Shape], storage: Storage
) -> list[int]:
    """Of each result. Raises NoTwinError where a tensor that is not known beforehand tells it."""
    steps = [math.prod(source[axis + 1 :]) for axis in range(len(source))]
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    if node.op_type == "Split":
        axis, first, found = int(attributes.get("axis", 0)) % len(source), 0, []
        for result in results:
            found.append(first * steps[axis])
            first += result[axis]
        return found
    starts = _told(node, 1, attributes.get("starts"), storage)
    axes = _told(node, 3, attributes.get("axes"), storage) or list(range(len(starts)))
    if any(step != 1 for step in _told(node, 4, None, storage)):
        raise NoTwinError("it leaves out elements in between")
    total = 0
    for axis, start in zip(axes, starts, strict=True):
        size = source[axis]
        total += steps[axis] * min(max(start + size if start < 0 else start, 0), size)
    return [total]


def _told(node: onnx.NodeProto, number: int, attribute: Sequence[int] | None, storage: Storage) -> list[int]:
    """By an attribute, as before opset 10, or by a tensor."""
    if attribute is not None:
        return [int(one) for one in attribute]
    if number >= len(node.input) or not node.input[number]:
        return []
    return [int(one) for one in storage.value(node.input[number]).ravel()]
