"""Dense layers whose weights have four bits, in blocks of 32 along the inputs."""

import math

import numpy as np

from gapprof.subject.sketch import Sketch

BLOCK = 32
_MIDDLE = 8
"""The number that stands for 0 where no zero points are given."""


def product(sketch: Sketch, path: str, source: str, inputs: int, outputs: int, *, gain: float = 1.0) -> str:
    """A dense layer without bias as MatMulNBits, quantised symmetrically, activations left in float32.

    The first of two weights lies in the lower half of a byte; each block has a scale of its own.
    """
    values = sketch.normal(outputs, inputs // BLOCK, BLOCK, spread=gain / math.sqrt(inputs))
    scales = np.abs(values).max(axis=2, keepdims=True) / np.float32(_MIDDLE - 1)
    numbers = (np.rint(values / scales) + _MIDDLE).astype(np.uint8)
    packed = numbers[:, :, 0::2] | numbers[:, :, 1::2] << np.uint8(4)
    weights = [
        sketch.weight(f"{path}.weight_Q4", packed),
        sketch.weight(f"{path}.weight_scales", scales.reshape(-1)),
    ]
    return sketch.node(
        path,
        "MatMulNBits",
        [source, *weights],
        domain="com.microsoft",
        K=inputs,
        N=outputs,
        bits=4,
        block_size=BLOCK,
    )
