"""Pooling of images."""

import math
from collections.abc import Callable

from gapprof.kernels.families.average_pool import AveragePool
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, plane_of, window_of


def pooled_window(
    node: Node,
) -> tuple[int, int, int, tuple[int, int, int, int], tuple[int, int], tuple[int, int]]:
    """Planes, height, width, pads, window and stride. Raises NoTwinError."""
    image = node.input(0)
    if len(image) != 4 or len(node.proto.output) > 1:
        raise NoTwinError("it pools no images, or tells where the largest were")
    if node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NoTwinError("its padding is not written out")
    if set(node.attribute("dilations", [1, 1])) != {1}:
        raise NoTwinError("its windows have gaps")
    stride = plane_of(node.attribute("strides", [1, 1]))
    if stride[1] & (stride[1] - 1):
        raise NoTwinError(f"its stride of {stride[1]} is no power of two")
    top, left, bottom, right = node.attribute("pads", [0] * 4)
    kernel = window_of(node.attribute("kernel_shape", [1, 1]))
    # A last window that begins inside (ceil_mode) may look over the edge by more than the border.
    over = [
        max(0, (out - 1) * step + window - size)
        for out, step, window, size in zip(
            node.output[2:], stride, kernel, (top + image[2] + bottom, left + image[3] + right), strict=True
        )
    ]
    pads = (top, left, bottom + over[0], right + over[1])
    return image[0] * image[1], image[2], image[3], pads, kernel, stride


def _pool(kind: type[MaxPool]) -> Callable[[Node], Parts]:
    """Of images; a border is copied first, as for convolutions."""

    def rule(node: Node) -> Parts:
        planes, height, width, pads, kernel, stride = pooled_window(node)
        parts: Parts = []
        if any(pads):
            pad = Padded(planes=planes, height=height, width=width, pads=pads)
            parts.append(pad)
            height, width = pad.out
        return [*parts, kind(planes=planes, height=height, width=width, kernel=kernel, stride=stride)]

    return rule


def _global_average(node: Node) -> Parts:
    """A channel's pixels are one row."""
    batch, channels, *sizes = node.input(0)
    return [Mean(rows=batch * channels, columns=math.prod(sizes))]


RULES = Rules(
    id="pooling",
    by_operator={
        ("ai.onnx", "MaxPool"): _pool(MaxPool),
        ("ai.onnx", "AveragePool"): _pool(AveragePool),
        ("ai.onnx", "GlobalAveragePool"): _global_average,
    },
)
