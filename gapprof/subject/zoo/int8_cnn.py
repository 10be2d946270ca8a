"""ResNet-18 at 112 (He et al. 2015) in int8: QDQ, uint8 activations, 7-bit weights.

Quantised as onnxruntime's own tools leave it. Weights keep to 7 bits (`reduce_range`), so that no pair of
products saturates on processors without VNNI. Scales come from the design of the weights: each tensor's
spread is known, no calibration run is needed.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
BLOCKS = 2
_WEIGHT_TOP = 63
_REACH = 4.5
"""Standard deviations that an activation's 8 bits cover."""
_RECTIFIED = math.sqrt(2)
_CENTRED = 1 / math.sqrt(1 - 1 / math.pi)
"""A rectified normal value owes 1/pi of its mean square to its mean, which centred filters do not pass on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    """A dequantised activation: its name in the graph, its root mean square, the scale that it was cut to."""

    name: str
    rms: float
    scale: float


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("int8-cnn", seed=8)
    image = sketch.input("input", ["batch_size", 3, 112, 112])
    x = _requantised(sketch, "input", image, rms=1.0, zero=128, scale=2 * _REACH / 255)
    x = _relu(sketch, "relu", _conv(sketch, "conv1", x, 3, 64, 7, stride=2, gain=_RECTIFIED), rms=1.0)
    pooled = sketch.node(
        "maxpool", "MaxPool", [x.name], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]
    )
    x = _requantised(sketch, "maxpool", pooled, rms=1.6 * x.rms, zero=0, scale=x.scale)
    channels = 64
    for stage, (width, first_stride) in enumerate(STAGES, start=1):
        for block in range(BLOCKS):
            x = _block(sketch, f"layer{stage}.{block}", x, channels, width, first_stride if block == 0 else 1)
            channels = width
    mean = sketch.node("avgpool", "GlobalAveragePool", [x.name])
    x = _requantised(sketch, "avgpool", mean, rms=0.7 * x.rms, zero=0, scale=x.scale / 2)
    flat = sketch.node("flatten", "Flatten", [x.name], axis=1)
    x = _requantised(sketch, "flatten", flat, rms=x.rms, zero=0, scale=x.scale)
    logits = _dense(sketch, "fc", x, channels, 1000)
    sketch.output(logits, "output", ["batch_size", 1000])
    sketch.save(path)


def _block(sketch: Sketch, path: str, x: _Tensor, inputs: int, width: int, stride: int) -> _Tensor:
    hidden = _conv(sketch, f"{path}.conv1", x, inputs, width, 3, stride=stride, gain=_RECTIFIED / x.rms)
    rectified = _relu(sketch, f"{path}.relu1", hidden, rms=1.0)
    grown = _conv(sketch, f"{path}.conv2", rectified, width, width, 3, stride=1, gain=0.7)
    branch = _signed(sketch, f"{path}.conv2", grown, rms=0.7)
    shortcut = x
    if stride != 1:
        projected = _conv(
            sketch, f"{path}.downsample.0", x, inputs, width, 1, stride=stride, gain=1.2 / x.rms
        )
        shortcut = _signed(sketch, f"{path}.downsample.0", projected, rms=1.2)
    total = sketch.node(path, "Add", [branch.name, shortcut.name])
    return _relu(
        sketch, f"{path}.relu2", total, rms=math.hypot(0.7, shortcut.rms) * (0.8 if stride != 1 else 1.0)
    )


def _relu(sketch: Sketch, path: str, source: str, *, rms: float) -> _Tensor:
    rectified = sketch.node(path, "Relu", [source])
    return _requantised(sketch, path, rectified, rms=rms, zero=0, scale=_RECTIFIED * _REACH * rms / 255)


def _signed(sketch: Sketch, path: str, source: str, *, rms: float) -> _Tensor:
    return _requantised(sketch, path, source, rms=rms, zero=128, scale=2 * _REACH * rms / 255)


def _requantised(sketch: Sketch, path: str, source: str, *, rms: float, zero: int, scale: float) -> _Tensor:
    """Quantise and dequantise: the pair that a runtime folds into the operators around it."""
    step = sketch.scalar(f"{path}.scale", scale)
    point = sketch.weight(f"{path}.zero_point", np.array(zero, np.uint8))
    quantised = sketch.node(path, "QuantizeLinear", [source, step, point])
    name = sketch.node(path, "DequantizeLinear", [quantised, step, point])
    return _Tensor(name=name, rms=rms, scale=scale)


def _conv(
    sketch: Sketch, path: str, x: _Tensor, inputs: int, outputs: int, kernel: int, *, stride: int, gain: float
) -> str:
    weight, bias = _constants(sketch, path, x, sketch.filters(outputs, inputs, kernel, gain=gain * _CENTRED))
    attributes = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [kernel // 2] * 4}
    return sketch.node(path, "Conv", [x.name, weight, bias], group=1, dilations=[1, 1], **attributes)


def _dense(sketch: Sketch, path: str, x: _Tensor, inputs: int, outputs: int) -> str:
    values = sketch.normal(outputs, inputs, spread=2.0 / math.sqrt(inputs) / x.rms)
    values -= values.mean(axis=1, keepdims=True, dtype=np.float32)
    weight, bias = _constants(sketch, path, x, values)
    product = sketch.node(path, "Gemm", [x.name, weight, bias], transB=1)
    return _signed(sketch, f"{path}.output", product, rms=0.3).name


def _constants(sketch: Sketch, path: str, x: _Tensor, values: NDArray[np.float32]) -> tuple[str, str]:
    """Weights in 7 bits with a scale per output channel, bias in 32 bits with the product of the scales."""
    top = np.abs(values).reshape(len(values), -1).max(axis=1)
    scales = (top / _WEIGHT_TOP).astype(np.float32)
    grid = np.rint(values / scales.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
    weight = _dequantised(sketch, f"{path}.weight", grid, scales)
    bias_scales = scales * np.float32(x.scale)
    bias = np.rint(sketch.normal(len(values), spread=0.1) / bias_scales).astype(np.int32)
    return weight, _dequantised(sketch, f"{path}.bias", bias, bias_scales)


def _dequantised(
    sketch: Sketch, path: str, grid: NDArray[np.signedinteger], scales: NDArray[np.float32]
) -> str:
    zeros = np.zeros(scales.shape, grid.dtype)
    names = [sketch.weight(f"{path}_quantized", grid), sketch.weight(f"{path}_scale", scales)]
    return sketch.node(path, "DequantizeLinear", [*names, sketch.weight(f"{path}_zero", zeros)], axis=0)


MODEL = ZooModel(id="int8-cnn", title="ResNet-18 in int8 (QDQ), 112x112", save=save)
