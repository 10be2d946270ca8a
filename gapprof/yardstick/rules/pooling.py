"""Pooling of images."""

import math
from collections.abc import Callable
from dataclasses import replace

from gapprof.kernels.families.average_pool import AveragePool
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules
from gapprof.yardstick.sliding import Sliding, sliding


def pooled_window(node: Node) -> Sliding:
    """Over an image, with the border that its last windows want. Raises NoTwinError."""
    image = node.input(0)
    if len(image) != 4 or len(node.proto.output) > 1:
        raise NoTwinError("it pools no images, or tells where the largest were")
    slid = sliding(node, node.attribute("kernel_shape", [1, 1]))
    if slid.dilation != (1, 1):
        raise NoTwinError("its windows have gaps")
    slid.refuse_uneven()
    top, left, bottom, right = slid.pads
    # A last window that begins inside (ceil_mode) may look over the edge by more than the border.
    over = [
        max(0, (out - 1) * step + window - size)
        for out, step, window, size in zip(
            node.output[2:],
            slid.stride,
            slid.kernel,
            (top + image[2] + bottom, left + image[3] + right),
            strict=True,
        )
    ]
    return replace(slid, pads=(top, left, bottom + over[0], right + over[1]))


def _pool(kind: type[MaxPool]) -> Callable[[Node], Parts]:
    """Of images; a border is copied first, as for convolutions."""

    def rule(node: Node) -> Parts:
        slid = pooled_window(node)
        batch, channels, height, width = node.input(0)
        parts: Parts = []
        if any(slid.pads):
            pad = Padded(planes=batch * channels, height=height, width=width, pads=slid.pads)
            parts.append(pad)
            height, width = pad.out
        pool = kind(
            planes=batch * channels, height=height, width=width, kernel=slid.kernel, stride=slid.stride
        )
        return [*parts, pool]

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
