"""YOLOv5n at 640 (Ultralytics 2020, release 6: depth 0.33, width 0.25), boxes decoded, 80 classes.

The paper-less network is defined by the release's yolov5n.yaml: a backbone of C3 blocks (three convolutions
around a cross-stage partial bottleneck, Wang et al. 2019) that ends in fast spatial pyramid pooling, a path
aggregation neck (Liu et al. 2018), and a head on three maps. NonMaxSuppression is left to the caller, as
the release's own export leaves it.
"""

from pathlib import Path

import numpy as np

from gapprof.subject.blocks.activations import SWISH_GAIN, swish
from gapprof.subject.blocks.scaling import doubled
from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

SIZE, CLASSES = 640, 80
BACKBONE = ((32, 1), (64, 2), (128, 3), (256, 1))
"""Channels and bottlenecks after each stride."""
ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
"""Width and height in pixels on the maps of stride 8, 16 and 32."""
_ROW = 5 + CLASSES


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("yolov5n", seed=5)
    image = sketch.input("images", ["batch_size", 3, SIZE, SIZE])
    fine, middle, coarse = _neck(sketch, *_backbone(sketch, image))
    maps = (
        ("model.24/m.0", fine, 64, 8),
        ("model.24/m.1", middle, 128, 16),
        ("model.24/m.2", coarse, 256, 32),
    )
    parts = [
        _decoded(sketch, path, x, channels, stride, anchors)
        for (path, x, channels, stride), anchors in zip(maps, ANCHORS, strict=True)
    ]
    found = sketch.node("model.24", "Concat", parts, axis=1)
    sketch.output(found, "output0", ["batch_size", 3 * sum((SIZE // s) ** 2 for s in (8, 16, 32)), _ROW])
    sketch.save(path)


def _backbone(sketch: Sketch, image: str) -> tuple[str, str, str]:
    """The maps of stride 8, 16 and 32."""
    x = _conv(sketch, "model.0", image, 3, 16, kernel=6, stride=2, pad=2, gain=1.0)
    channels, maps = 16, []
    for stage, (width, bottlenecks) in enumerate(BACKBONE):
        x = _conv(sketch, f"model.{2 * stage + 1}", x, channels, width, kernel=3, stride=2)
        x = _c3(sketch, f"model.{2 * stage + 2}", x, width, width, bottlenecks, shortcut=True)
        channels = width
        maps.append(x)
    return maps[1], maps[2], _pooled(sketch, "model.9", x, channels)


def _neck(sketch: Sketch, fine: str, middle: str, coarse: str) -> tuple[str, str, str]:
    """Down from the coarse map to the fine one and up again; indices are the release's."""
    top = _conv(sketch, "model.10", coarse, 256, 128)
    x = sketch.node("model.12", "Concat", [doubled(sketch, "model.11", top), middle], axis=1)
    x = _c3(sketch, "model.13", x, 256, 128, 1, shortcut=False)
    lateral = _conv(sketch, "model.14", x, 128, 64)
    x = sketch.node("model.16", "Concat", [doubled(sketch, "model.15", lateral), fine], axis=1)
    new_fine = _c3(sketch, "model.17", x, 128, 64, 1, shortcut=False)
    x = _conv(sketch, "model.18", new_fine, 64, 64, kernel=3, stride=2)
    x = sketch.node("model.19", "Concat", [x, lateral], axis=1)
    new_middle = _c3(sketch, "model.20", x, 128, 128, 1, shortcut=False)
    x = _conv(sketch, "model.21", new_middle, 128, 128, kernel=3, stride=2)
    x = sketch.node("model.22", "Concat", [x, top], axis=1)
    return new_fine, new_middle, _c3(sketch, "model.23", x, 256, 256, 1, shortcut=False)


def _conv(
    sketch: Sketch,
    path: str,
    source: str,
    inputs: int,
    outputs: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    pad: int | None = None,
    gain: float = SWISH_GAIN,
) -> str:
    filters = sketch.filters(outputs, inputs, kernel, gain=gain)
    x = sketch.conv(f"{path}/conv", source, filters, stride=stride, pad=kernel // 2 if pad is None else pad)
    return swish(sketch, f"{path}/act", x)


def _c3(
    sketch: Sketch, path: str, source: str, inputs: int, outputs: int, bottlenecks: int, *, shortcut: bool
) -> str:
    """Half of the channels through bottlenecks, half past them."""
    half = outputs // 2
    x = _conv(sketch, f"{path}/cv1", source, inputs, half)
    for index in range(bottlenecks):
        inner = _conv(sketch, f"{path}/m/m.{index}/cv1", x, half, half)
        gain = SWISH_GAIN / 2 if shortcut else SWISH_GAIN
        inner = _conv(sketch, f"{path}/m/m.{index}/cv2", inner, half, half, kernel=3, gain=gain)
        x = sketch.node(f"{path}/m/m.{index}", "Add", [x, inner]) if shortcut else inner
    past = _conv(sketch, f"{path}/cv2", source, inputs, half)
    return _conv(sketch, f"{path}/cv3", sketch.node(path, "Concat", [x, past], axis=1), 2 * half, outputs)


def _pooled(sketch: Sketch, path: str, source: str, channels: int) -> str:
    """Pooled once, twice and three times over 5x5, all side by side."""
    parts = [_conv(sketch, f"{path}/cv1", source, channels, channels // 2)]
    for at in ("m", "m_1", "m_2"):
        parts.append(
            sketch.node(
                f"{path}/{at}", "MaxPool", parts[-1:], kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4
            )
        )
    joined = sketch.node(path, "Concat", parts, axis=1)
    return _conv(sketch, f"{path}/cv2", joined, 2 * channels, channels)


def _decoded(
    sketch: Sketch, path: str, source: str, channels: int, stride: int, anchors: tuple[tuple[int, int], ...]
) -> str:
    """Rows of centre and size in pixels, objectness and classes, for three anchors in each cell."""
    side = SIZE // stride
    x = sketch.conv(path, source, sketch.filters(3 * _ROW, channels, 1, gain=SWISH_GAIN))
    x = sketch.node(path, "Reshape", [x, sketch.ints(f"{path}.grid", 0, 3, _ROW, side, side)])
    x = sketch.node(path, "Sigmoid", [sketch.node(path, "Transpose", [x], perm=(0, 1, 3, 4, 2))])
    centre, size, certainty = sketch.split(path, x, [2, 2, _ROW - 4], axis=4)
    two = sketch.scalar(f"{path}.two", 2.0)
    down, across = np.meshgrid(*[np.arange(side, dtype=np.float32)] * 2, indexing="ij")
    cells = sketch.weight(f"{path}.cells", np.stack([across, down], axis=-1)[None, None] - np.float32(0.5))
    centre = sketch.node(f"{path}/cell", "Add", [sketch.node(f"{path}/xy", "Mul", [centre, two]), cells])
    centre = sketch.node(f"{path}/pixels", "Mul", [centre, sketch.scalar(f"{path}.stride", stride)])
    size = sketch.node(path, "Pow", [sketch.node(f"{path}/wh", "Mul", [size, two]), two])
    known = sketch.weight(f"{path}.anchors", np.array(anchors, np.float32).reshape(1, 3, 1, 1, 2))
    size = sketch.node(f"{path}/size", "Mul", [size, known])
    x = sketch.node(path, "Concat", [centre, size, certainty], axis=4)
    return sketch.node(f"{path}/rows", "Reshape", [x, sketch.ints(f"{path}.rows", 0, -1, _ROW)])


MODEL = ZooModel(id="yolov5n", title="YOLOv5n, 640x640", save=save)
