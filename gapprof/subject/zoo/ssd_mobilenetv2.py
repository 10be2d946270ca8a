"""SSDLite on MobileNetV2 at 300 (Sandler et al. 2018, section 6.2; Liu et al. 2016): 1917 anchors.

Six feature maps: the expansion of the block before the last stride, the last convolution, and four smaller
ones. As in SSDLite every convolution of the heads is depthwise and then pointwise. Boxes are decoded as the
TensorFlow detection models do it; the search for the best of overlapping boxes (NonMaxSuppression) is left to
the caller, as its output has no fixed shape.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gapprof.subject.blocks import mobilenet
from gapprof.subject.blocks.detection import joined, rows
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

CLASSES = 91
SIDES = (19, 10, 5, 3, 2, 1)
EXTRAS = ((256, 512), (128, 256), (128, 256), (64, 128))
"""Of each smaller map: channels between, channels of the map."""
_RATIOS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("ssd-mobilenetv2", seed=300)
    found = mobilenet.features(sketch, sketch.input("input", ["batch_size", 3, 300, 300]))
    x, channels = found.last, mobilenet.LAST
    maps = [(found.expanded, found.expanded_channels), (x, channels)]
    for index, (between, width) in enumerate(EXTRAS):
        x = _smaller(sketch, f"extra.{index}", x, channels, between, width)
        channels = width
        maps.append((x, channels))
    boxes, classes = [], []
    for index, (tensor, width) in enumerate(maps):
        anchors = len(list(_shapes(index)))
        boxes.append(_head(sketch, f"box_head.{index}", tensor, width, anchors, 4))
        classes.append(_head(sketch, f"class_head.{index}", tensor, width, anchors, CLASSES))
    sketch.output(_decoded(sketch, joined(sketch, "boxes", boxes)), "boxes", ["batch_size", _anchors(), 4])
    scores = sketch.node("scores", "Sigmoid", [joined(sketch, "classes", classes)])
    sketch.output(scores, "scores", ["batch_size", _anchors(), CLASSES])
    sketch.save(path)


def _smaller(sketch: Sketch, path: str, source: str, inputs: int, between: int, outputs: int) -> str:
    x = mobilenet.pointwise(sketch, f"{path}.reduce", source, inputs, between)
    x = mobilenet.depthwise(sketch, f"{path}.depthwise", x, between, stride=2)
    return mobilenet.pointwise(sketch, f"{path}.expand", x, between, outputs)


def _head(sketch: Sketch, path: str, source: str, inputs: int, anchors: int, width: int) -> str:
    x = mobilenet.depthwise(sketch, f"{path}.depthwise", source, inputs)
    x = sketch.conv(f"{path}.predictor", x, sketch.filters(anchors * width, inputs, 1, gain=1.0))
    return rows(sketch, path, x, width)


def _decoded(sketch: Sketch, offsets: str) -> str:
    """Corners [top, left, bottom, right] in parts of the image, from offsets scaled by 10 and by 5."""
    path = "decode"
    centres, sizes = np.split(_all_anchors(), 2, axis=1)
    shift, growth = sketch.split(path, offsets, [2, 2], axis=2)
    extent = sketch.weight(f"{path}.sizes_10", sizes / np.float32(10))
    moved = sketch.node(f"{path}/shift", "Mul", [shift, extent])
    middle = sketch.node(f"{path}/centre", "Add", [moved, sketch.weight(f"{path}.centres", centres)])
    fifth = sketch.node(f"{path}/fifth", "Mul", [growth, sketch.scalar(f"{path}.fifth", 1 / 5)])
    half = sketch.weight(f"{path}.half_sizes", sizes / np.float32(2))
    reach = sketch.node(f"{path}/reach", "Mul", [sketch.node(path, "Exp", [fifth]), half])
    corners = [sketch.node(path, operator, [middle, reach]) for operator in ("Sub", "Add")]
    return sketch.node(path, "Concat", corners, axis=2)


def _scale(index: int) -> float:
    """Of the anchors of a map, from a fifth of the image to nearly all of it."""
    return 0.2 + (0.95 - 0.2) * index / (len(SIDES) - 1) if index < len(SIDES) else 1.0


def _shapes(index: int) -> Iterator[tuple[float, float]]:
    """Height and width of the anchors in each cell of a map: three in the first, six in the others."""
    if index == 0:
        yield 0.1, 0.1
    for ratio in _RATIOS[1:3] if index == 0 else _RATIOS:
        yield _scale(index) / math.sqrt(ratio), _scale(index) * math.sqrt(ratio)
    if index > 0:
        between = math.sqrt(_scale(index) * _scale(index + 1))
        yield between, between


def _anchors() -> int:
    return len(_all_anchors())


def _all_anchors() -> NDArray[np.float32]:
    """Centre and size of each anchor, [1917, 4], in the order of the heads' rows."""
    return np.array(
        [
            ((row + 0.5) / side, (column + 0.5) / side, height, width)
            for index, side in enumerate(SIDES)
            for row in range(side)
            for column in range(side)
            for height, width in _shapes(index)
        ],
        np.float32,
    )


MODEL = ZooModel(id="ssd-mobilenetv2", title="SSDLite on MobileNetV2, 300x300", save=save)
