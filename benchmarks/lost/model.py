"""A model that two releases run differently, and an optimiser's absence as well; always the same bytes.

Products of bytes, which onnxruntime-web 1.18 has slower kernels for; and many layer norms of one row, in nine
steps each as exporters write them: what a step has to compute is less than what coming to it takes. (Of many
rows onnxruntime-web 1.30 computes the fused one hardly faster than all nine steps.)
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gapprof.selftest.model import norm
from gapprof.subject.sketch import Sketch, square

PRODUCT, NORM = "QLinearConv", "LayerNormalization"
STEPS_OF_A_NORM = {"ReduceMean": 2, "Sub": 1, "Pow": 1, "Sqrt": 1, "Div": 1, "Mul": 1, "Add": 2}
"""Operator → how many of them a norm is made of in the file."""
NORMS = 100
_ROWS, _WIDTH = 1, 64
_CHANNELS, _SIDE, _LAYERS = 64, 28, 2
_WEIGHT_TOP = 63
"""Weights keep to 7 bits, so that no pair of products saturates on processors without VNNI."""
_STEP = np.float32(9 / 255)
"""8 bits hold four and a half standard deviations of either sign."""


def save_model(path: Path) -> None:
    """Write it."""
    sketch = Sketch("losses", seed=5)
    x = sketch.input("x", [1, _ROWS, _WIDTH])
    for number in range(NORMS):
        x = norm(sketch, f"norm.{number}", x, _WIDTH)
    sketch.output(x, "y", [1, _ROWS, _WIDTH])
    shape = [1, _CHANNELS, _SIDE, _SIDE]
    step, zero = sketch.weight("step", np.array(_STEP)), sketch.weight("zero", np.array(128, np.uint8))
    z = sketch.node("bytes", "QuantizeLinear", [sketch.input("image", shape), step, zero])
    for number in range(_LAYERS):
        path_of_layer = f"conv.{number}"
        operands = [z, step, zero, *_filters(sketch, path_of_layer), step, zero]
        z = sketch.node(path_of_layer, PRODUCT, operands, **square(3, stride=1, pad=1, group=1))
    sketch.output(sketch.node("floats", "DequantizeLinear", [z, step, zero]), "z", shape)
    sketch.save(path)


def _filters(sketch: Sketch, path: str) -> Iterator[str]:
    """With one scale, and zero in the middle."""
    values = sketch.filters(_CHANNELS, _CHANNELS, 3, gain=1.0)
    scale = np.float32(np.abs(values).max() / _WEIGHT_TOP)
    yield sketch.weight(f"{path}.weight", np.rint(values / scale).astype(np.int8))
    yield sketch.weight(f"{path}.scale", np.array(scale))
    yield sketch.weight(f"{path}.zero", np.array(0, np.int8))
