"""The residual networks for CIFAR-10 (He et al. 2015, section 4.2): 6n + 2 layers, three stages.

Where a stage begins, the shortcut is a projection (their option B), as most published models have it.
"""

import math

from gapprof.subject.sketch import Sketch

WIDTHS = (16, 32, 64)
_RECTIFIED = math.sqrt(2)


def residual_network(sketch: Sketch, blocks: int) -> None:
    """Draw the whole network with this many blocks in each stage, the paper's n."""
    x = sketch.input("input", ["batch_size", 3, 32, 32])
    x = sketch.conv("conv1", x, sketch.filters(16, 3, 3, gain=_RECTIFIED), pad=1)
    x = sketch.node("relu", "Relu", [x])
    channels = 16
    for stage, width in enumerate(WIDTHS, start=1):
        for block in range(blocks):
            stride = 2 if stage > 1 and block == 0 else 1
            x = _block(sketch, f"layer{stage}.{block}", x, channels, width, stride)
            channels = width
    x = sketch.node("avgpool", "GlobalAveragePool", [x])
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    x = sketch.linear("fc", x, channels, 10, gain=2.0)
    sketch.output(x, "output", ["batch_size", 10])


def _block(sketch: Sketch, path: str, source: str, inputs: int, width: int, stride: int) -> str:
    first = sketch.filters(width, inputs, 3, gain=_RECTIFIED)
    x = sketch.conv(f"{path}.conv1", source, first, stride=stride, pad=1)
    x = sketch.node(f"{path}.relu1", "Relu", [x])
    x = sketch.conv(f"{path}.conv2", x, sketch.filters(width, width, 3, gain=0.7), pad=1)
    if stride != 1:
        shortcut = sketch.filters(width, inputs, 1, gain=1.2)
        source = sketch.conv(f"{path}.downsample.0", source, shortcut, stride=stride)
    return sketch.node(f"{path}.relu2", "Relu", [sketch.node(path, "Add", [x, source])])
