"""VGG-16 at 224 (Simonyan & Zisserman 2014, table 1, configuration D): 138 million parameters in one file.

Three quarters of them lie in the first dense layer, which one image reads once: a test of memory, not of
arithmetic. Dropout is gone, as exporters leave it.
"""

import math
from pathlib import Path

from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and 3x3 convolutions before each pooling."""
HIDDEN, CLASSES = 4096, 1000
_RECTIFIED = math.sqrt(2)


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("vgg16", seed=2014)
    x = sketch.input("input", ["batch_size", 3, 224, 224])
    channels, index = 3, 0
    for width, convolutions in STAGES:
        for _ in range(convolutions):
            filters = sketch.filters(width, channels, 3, gain=_RECTIFIED)
            x = sketch.conv(f"features.{index}", x, filters, pad=1)
            x = sketch.node(f"features.{index + 1}", "Relu", [x])
            channels, index = width, index + 2
        x = sketch.node(f"features.{index}", "MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])
        index += 1
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    for layer, inputs in ((0, channels * 7 * 7), (3, HIDDEN)):
        x = sketch.linear(f"classifier.{layer}", x, inputs, HIDDEN, gain=_RECTIFIED)
        x = sketch.node(f"classifier.{layer + 1}", "Relu", [x])
    x = sketch.linear("classifier.6", x, HIDDEN, CLASSES, gain=2.0)
    sketch.output(x, "output", ["batch_size", CLASSES])
    sketch.save(path)


MODEL = ZooModel(id="vgg16", title="VGG-16, 224x224", save=save)
