"""EfficientDet-D0 at 512 (Tan, Pang & Le 2020, table 1): EfficientNet-B0, three BiFPN cells of width 64.

Both heads have three depthwise-separable layers whose filters all five maps share, up to the batch
normalisations: each map has its own, so folding them leaves each map pointwise filters of its own. Boxes come
as offsets from the 49104 anchors, classes as probabilities; decoding is left to the caller.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gapprof.subject.blocks import efficientnet
from gapprof.subject.blocks.activations import SWISH_GAIN, swish
from gapprof.subject.blocks.detection import joined, rows
from gapprof.subject.blocks.scaling import doubled
from gapprof.subject.sketch import Sketch, square
from gapprof.subject.zoo import ZooModel

SIZE, WIDTH, CELLS, LAYERS = 512, 64, 3, 3
LEVELS = (3, 4, 5, 6, 7)
"""Level n has strides of 2^n pixels."""
TAPS = (2, 4, 6)
"""Stages of the backbone that are levels 3, 4 and 5."""
ANCHORS, CLASSES = 9, 90


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("efficientdet-d0", seed=512)
    stages = efficientnet.features(sketch, sketch.input("input", ["batch_size", 3, SIZE, SIZE]))
    taken = [stages[index] for index in TAPS]
    *_, (coarse, channels) = taken
    sixth = _pooled(sketch, "bifpn.0/p6", _lateral(sketch, "bifpn.0/p5_to_p6", coarse, channels))
    far = [sixth, _pooled(sketch, "bifpn.0/p7", sixth)]
    near = [_lateral(sketch, f"bifpn.0/p{3 + at}_down", *tap) for at, tap in enumerate(taken)]
    again = [_lateral(sketch, f"bifpn.0/p{4 + at}_again", *tap) for at, tap in enumerate(taken[1:])]
    maps = _cell(sketch, "bifpn.0", [*near, *far], [near[0], *again, *far])
    for cell in range(1, CELLS):
        maps = _cell(sketch, f"bifpn.{cell}", maps, maps)
    total = ANCHORS * sum((SIZE >> level) ** 2 for level in LEVELS)
    boxes = joined(sketch, "regressor", _head(sketch, "regressor", maps, 4))
    sketch.output(boxes, "regression", ["batch_size", total, 4])
    classes = joined(sketch, "classifier", _head(sketch, "classifier", maps, CLASSES))
    found = sketch.node("classifier", "Sigmoid", [classes])
    sketch.output(found, "classification", ["batch_size", total, CLASSES])
    sketch.save(path)


def _lateral(sketch: Sketch, path: str, source: str, channels: int) -> str:
    return sketch.conv(path, source, sketch.filters(WIDTH, channels, 1, gain=1.0))


def _pooled(sketch: Sketch, path: str, source: str) -> str:
    return sketch.node(path, "MaxPool", [source], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])


def _cell(sketch: Sketch, path: str, maps: Sequence[str], again: Sequence[str]) -> list[str]:
    """One BiFPN cell: down from level 7 to 3, then up again with the input of each level once more."""
    down = list(maps)
    for at in reversed(range(len(maps) - 1)):
        here = f"{path}/conv{LEVELS[at]}_up"
        down[at] = _fused(sketch, here, [maps[at], doubled(sketch, f"{here}/upsample", down[at + 1])])
    up = list(down)
    for at in range(1, len(maps)):
        here = f"{path}/conv{LEVELS[at]}_down"
        below = _pooled(sketch, f"{here}/downsample", up[at - 1])
        middle = [down[at]] if at < len(maps) - 1 else []
        up[at] = _fused(sketch, here, [again[at], *middle, below])
    return up


def _fused(sketch: Sketch, path: str, sources: Sequence[str]) -> str:
    """Fast normalised fusion (section 3.3 of the paper; the weights are constants by now), then a layer."""
    raw = np.maximum(1 + sketch.normal(len(sources), spread=0.2), 0)
    shares = raw / (raw.sum() + np.float32(1e-4))
    total = ""
    for at, (source, share) in enumerate(zip(sources, shares, strict=True)):
        factor = sketch.weight(f"{path}.share_{at}", np.array(share, np.float32))
        part = sketch.node(f"{path}/share_{at}", "Mul", [factor, source])
        total = sketch.node(f"{path}/sum_{at}", "Add", [total, part]) if total else part
    x = _depthwise(sketch, path, swish(sketch, path, total), _spatial(sketch, path))
    return sketch.conv(f"{path}/pointwise_conv", x, sketch.filters(WIDTH, WIDTH, 1, gain=1.2))


def _head(sketch: Sketch, path: str, maps: Sequence[str], width: int) -> list[str]:
    """Rows of this width for each anchor of each map."""
    layers = [_spatial(sketch, f"{path}/conv_list.{layer}") for layer in range(LAYERS)]
    last, outputs = _spatial(sketch, f"{path}/header"), ANCHORS * width
    filters = sketch.filters(outputs, WIDTH, 1, gain=1.0)
    header = [
        sketch.weight(f"{path}/header/pointwise_conv.weight", filters),
        sketch.weight(f"{path}/header/pointwise_conv.bias", sketch.normal(outputs, spread=0.1)),
    ]
    parts = []
    for level, x in zip(LEVELS, maps, strict=True):
        for layer, spatial in enumerate(layers):
            here = f"{path}/conv_list.{layer}/p{level}"
            x = _depthwise(sketch, here, x, spatial)
            x = sketch.conv(f"{here}/pointwise_conv", x, sketch.filters(WIDTH, WIDTH, 1, gain=1.0))
            x = swish(sketch, here, x)
        here = f"{path}/header/p{level}"
        x = _depthwise(sketch, here, x, last)
        x = sketch.node(f"{here}/pointwise_conv", "Conv", [x, *header], **square(1))
        parts.append(rows(sketch, here, x, width))
    return parts


def _spatial(sketch: Sketch, path: str) -> str:
    """Depthwise filters."""
    return sketch.weight(f"{path}/depthwise_conv.weight", sketch.filters(WIDTH, 1, 3, gain=SWISH_GAIN))


def _depthwise(sketch: Sketch, path: str, source: str, spatial: str) -> str:
    return sketch.node(f"{path}/depthwise_conv", "Conv", [source, spatial], **square(3, pad=1, group=WIDTH))


MODEL = ZooModel(id="efficientdet-d0", title="EfficientDet-D0, 512x512", save=save)
