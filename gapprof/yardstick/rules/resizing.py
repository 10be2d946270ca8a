"""Images made larger."""

import math
from typing import Literal

from gapprof.kernels.families.resized import Resized
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules

_LARGEST = 8
"""Factor: each copy of an element is code of its own."""


def _resize(node: Node) -> Parts:
    """Along the last two axes, by whole factors."""
    image, out = node.input(0), node.output
    if node.types[0] != "f32":
        raise NoTwinError("it resizes no f32")
    if len(image) < 2 or image[:-2] != out[:-2]:
        raise NoTwinError("it resizes more than two axes, or others than the last")
    if any(wanted % size or wanted // size > _LARGEST for size, wanted in zip(image, out, strict=True)):
        raise NoTwinError("it resizes by no whole factor")
    if node.attribute("antialias", 0):
        raise NoTwinError("it smooths before it resizes")
    rows, columns = image[-2:]
    shape = Resized(
        planes=math.prod(image[:-2]),
        height=rows,
        width=columns,
        factors=(out[-2] // rows, out[-1] // columns),
        mode=_mode(node),
    )
    return [shape]


def _mode(node: Node) -> Literal["nearest", "centred", "cornered"]:
    """`Upsample`, and Resize before opset 11, know of no coordinates: elements are points."""
    named = node.attribute("mode", "nearest")
    old = node.proto.op_type == "Upsample" or len(node.inputs) == 2
    coordinates = node.attribute("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if coordinates not in ("half_pixel", "pytorch_half_pixel", "asymmetric"):
        raise NoTwinError(f"its coordinates are {coordinates}")
    match named:
        case "nearest":
            return "nearest"
        case "linear" | "bilinear":
            return "cornered" if coordinates == "asymmetric" else "centred"
        case _:
            raise NoTwinError(f"no twin of {named} is written")


RULES = Rules(
    id="resizing",
    by_operator={("ai.onnx", "Resize"): _resize, ("ai.onnx", "Upsample"): _resize},
    floats=False,
)
