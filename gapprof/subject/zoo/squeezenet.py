"""SqueezeNet 1.1 at 224 (Iandola et al. 2016): fire modules, no dense layer, ceil-mode pooling."""

import math
from pathlib import Path

from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

FIRES = (
    (3, 16, 64),
    (4, 16, 64),
    (6, 32, 128),
    (7, 32, 128),
    (9, 48, 192),
    (10, 48, 192),
    (11, 64, 256),
    (12, 64, 256),
)
"""Index in the reference implementation, squeeze width, width of each of the two expansions."""
POOL_BEFORE = (6, 9)
_RECTIFIED = math.sqrt(2)


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("squeezenet1_1", seed=2016)
    x = sketch.input("input", ["batch_size", 3, 224, 224])
    x = sketch.conv("features.0", x, sketch.filters(64, 3, 3, gain=_RECTIFIED), stride=2)
    x = _pool(sketch, "features.2", sketch.node("features.1", "Relu", [x]))
    channels = 64
    for index, squeeze, expand in FIRES:
        if index in POOL_BEFORE:
            x = _pool(sketch, f"features.{index - 1}", x)
        x = _fire(sketch, f"features.{index}", x, channels, squeeze, expand)
        channels = 2 * expand
    x = sketch.conv("classifier.1", x, sketch.filters(1000, channels, 1, gain=_RECTIFIED))
    x = sketch.node("classifier.2", "Relu", [x])
    x = sketch.node("classifier.3", "GlobalAveragePool", [x])
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    sketch.output(x, "output", ["batch_size", 1000])
    sketch.save(path)


def _pool(sketch: Sketch, path: str, source: str) -> str:
    return sketch.node(path, "MaxPool", [source], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)


def _fire(sketch: Sketch, path: str, source: str, inputs: int, squeeze: int, expand: int) -> str:
    x = sketch.conv(f"{path}.squeeze", source, sketch.filters(squeeze, inputs, 1, gain=_RECTIFIED))
    x = sketch.node(f"{path}.squeeze_activation", "Relu", [x])
    small = sketch.conv(f"{path}.expand1x1", x, sketch.filters(expand, squeeze, 1, gain=_RECTIFIED))
    large = sketch.conv(f"{path}.expand3x3", x, sketch.filters(expand, squeeze, 3, gain=_RECTIFIED), pad=1)
    branches = [
        sketch.node(f"{path}.expand1x1_activation", "Relu", [small]),
        sketch.node(f"{path}.expand3x3_activation", "Relu", [large]),
    ]
    return sketch.node(path, "Concat", branches, axis=1)


MODEL = ZooModel(id="squeezenet", title="SqueezeNet 1.1, 224x224", save=save)
