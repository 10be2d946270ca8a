"""MobileNetV2 1.0 without its classifier (Sandler et al. 2018), for any image size."""

import math
from dataclasses import dataclass

from gapprof.subject.blocks.activations import relu6
from gapprof.subject.sketch import Sketch

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks, stride of the first block: table 2 of the paper."""
LAST = 1280
RECTIFIED = math.sqrt(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What detectors take: the last 1280 channels, and the widest tensor before the last stride."""

    last: str
    expanded: str
    expanded_channels: int


def features(sketch: Sketch, image: str) -> Features:
    """Draw everything up to the last convolution."""
    stem = sketch.conv("features.0.0", image, sketch.filters(32, 3, 3, gain=RECTIFIED), stride=2, pad=1)
    x = relu6(sketch, "features.0", stem)
    channels, index, expanded, expanded_channels = 32, 1, x, 32
    for expansion, width, blocks, first_stride in STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            path, wide = f"features.{index}", x
            if expansion != 1:
                wide = pointwise(sketch, f"{path}.expand", x, channels, channels * expansion)
            if stride != 1:
                expanded, expanded_channels = wide, channels * expansion
            x = _narrowed(sketch, path, x, wide, channels, width, expansion, stride)
            channels, index = width, index + 1
    last = pointwise(sketch, f"features.{index}", x, channels, LAST)
    return Features(last=last, expanded=expanded, expanded_channels=expanded_channels)


def pointwise(sketch: Sketch, path: str, source: str, inputs: int, outputs: int) -> str:
    """A 1x1 convolution and its ReLU6."""
    filters = sketch.filters(outputs, inputs, 1, gain=RECTIFIED)
    return relu6(sketch, path, sketch.conv(f"{path}.0", source, filters))


def depthwise(sketch: Sketch, path: str, source: str, channels: int, *, stride: int = 1) -> str:
    """A 3x3 convolution of each channel alone, and its ReLU6."""
    filters = sketch.filters(channels, 1, 3, gain=RECTIFIED)
    x = sketch.conv(f"{path}.0", source, filters, stride=stride, pad=1, group=channels)
    return relu6(sketch, path, x)


def _narrowed(
    sketch: Sketch, path: str, source: str, wide: str, inputs: int, outputs: int, expansion: int, stride: int
) -> str:
    """The rest of an inverted residual: depthwise, then linear to few channels, added where it fits."""
    hidden = inputs * expansion
    x = depthwise(sketch, f"{path}.depthwise", wide, hidden, stride=stride)
    residual = stride == 1 and inputs == outputs
    x = sketch.conv(f"{path}.project", x, sketch.filters(outputs, hidden, 1, gain=0.5 if residual else 1.0))
    return sketch.node(path, "Add", [source, x]) if residual else x
