"""Pooling of images."""

import math

from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, plane_of, window_of


def _max_pool(node: Node) -> Parts:
    """Of images; a border is copied first, as for convolutions."""
    image = node.input(0)
    if len(image) != 4 or len(node.proto.output) > 1:
        raise NoTwinError("it pools no images, or tells where the largest were")
    if node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or node.attribute("ceil_mode", 0):
        raise NoTwinError("its padding is not written out")
    if set(node.attribute("dilations", [1, 1])) != {1}:
        raise NoTwinError("its windows have gaps")
    stride = plane_of(node.attribute("strides", [1, 1]))
    if stride[1] & (stride[1] - 1):
        raise NoTwinError(f"its stride of {stride[1]} is no power of two")
    (height, width), planes = image[2:], image[0] * image[1]
    parts: Parts = []
    top, left, bottom, right = node.attribute("pads", [0] * 4)
    if any((top, left, bottom, right)):
        pad = Padded(planes=planes, height=height, width=width, pads=(top, left, bottom, right))
        parts.append(pad)
        height, width = pad.out
    kernel = window_of(node.attribute("kernel_shape", [1, 1]))
    return [*parts, MaxPool(planes=planes, height=height, width=width, kernel=kernel, stride=stride)]


def _global_average(node: Node) -> Parts:
    """A channel's pixels are one row."""
    batch, channels, *sizes = node.input(0)
    return [Mean(rows=batch * channels, columns=math.prod(sizes))]


RULES = Rules(
    id="pooling",
    by_operator={
        ("ai.onnx", "MaxPool"): _max_pool,
        ("ai.onnx", "GlobalAveragePool"): _global_average,
    },
)
