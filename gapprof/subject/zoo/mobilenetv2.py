"""MobileNetV2 1.0 at 224 (Sandler et al. 2018): depthwise convolutions and linear bottlenecks."""

import math
from pathlib import Path

from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

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


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("mobilenetv2", seed=2018)
    x = sketch.input("input", ["batch_size", 3, 224, 224])
    x = _relu6(sketch, "features.0", _conv(sketch, "features.0.0", x, 3, 32, stride=2))
    channels, index = 32, 1
    for expansion, width, blocks, first_stride in STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            x = _bottleneck(sketch, f"features.{index}", x, channels, width, expansion, stride)
            channels, index = width, index + 1
    last = sketch.conv(f"features.{index}.0", x, sketch.filters(1280, channels, 1, gain=math.sqrt(2)))
    x = _relu6(sketch, f"features.{index}", last)
    x = sketch.node("pool", "GlobalAveragePool", [x])
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    x = sketch.linear("classifier.1", x, 1280, 1000, gain=3.0)
    sketch.output(x, "output", ["batch_size", 1000])
    sketch.save(path)


def _conv(sketch: Sketch, path: str, source: str, inputs: int, outputs: int, *, stride: int) -> str:
    weights = sketch.filters(outputs, inputs, 3, gain=math.sqrt(2))
    return sketch.conv(path, source, weights, stride=stride, pad=1)


def _relu6(sketch: Sketch, path: str, source: str) -> str:
    low, high = sketch.scalar(f"{path}.min", 0.0), sketch.scalar(f"{path}.max", 6.0)
    return sketch.node(path, "Clip", [source, low, high])


def _bottleneck(
    sketch: Sketch, path: str, source: str, inputs: int, outputs: int, expansion: int, stride: int
) -> str:
    hidden, x = inputs * expansion, source
    if expansion != 1:
        expand = sketch.filters(hidden, inputs, 1, gain=math.sqrt(2))
        x = _relu6(sketch, f"{path}.expand", sketch.conv(f"{path}.expand.0", x, expand))
    depthwise = sketch.filters(hidden, 1, 3, gain=math.sqrt(2))
    x = sketch.conv(f"{path}.depthwise.0", x, depthwise, stride=stride, pad=1, group=hidden)
    x = _relu6(sketch, f"{path}.depthwise", x)
    residual = stride == 1 and inputs == outputs
    x = sketch.conv(f"{path}.project", x, sketch.filters(outputs, hidden, 1, gain=0.5 if residual else 1.0))
    return sketch.node(path, "Add", [source, x]) if residual else x


MODEL = ZooModel(id="mobilenetv2", title="MobileNetV2 1.0, 224x224", save=save)
