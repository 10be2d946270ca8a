"""ResNet-50 at 224 (He et al. 2015), stride in the 3x3 convolution as in today's exports."""

import math
from pathlib import Path

from gapprof.subject.sketch import Sketch
from gapprof.subject.zoo import ZooModel

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Width of the bottleneck, blocks, stride of the first block: table 1 of the paper."""
EXPANSION = 4
_RECTIFIED = math.sqrt(2)


def save(path: Path) -> None:
    """Write the model."""
    sketch = Sketch("resnet50", seed=2015)
    x = sketch.input("input", ["batch_size", 3, 224, 224])
    x = sketch.conv("conv1", x, sketch.filters(64, 3, 7, gain=_RECTIFIED), stride=2, pad=3)
    x = sketch.node("relu", "Relu", [x])
    x = sketch.node("maxpool", "MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, (width, blocks, first_stride) in enumerate(STAGES, start=1):
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            x = _bottleneck(sketch, f"layer{stage}.{block}", x, channels, width, stride)
            channels = width * EXPANSION
    x = sketch.node("avgpool", "GlobalAveragePool", [x])
    x = sketch.node("flatten", "Flatten", [x], axis=1)
    x = sketch.linear("fc", x, channels, 1000, gain=2.0)
    sketch.output(x, "output", ["batch_size", 1000])
    sketch.save(path)


def _bottleneck(sketch: Sketch, path: str, source: str, inputs: int, width: int, stride: int) -> str:
    outputs = width * EXPANSION
    x = sketch.conv(f"{path}.conv1", source, sketch.filters(width, inputs, 1, gain=_RECTIFIED))
    x = sketch.node(f"{path}.relu1", "Relu", [x])
    x = sketch.conv(
        f"{path}.conv2", x, sketch.filters(width, width, 3, gain=_RECTIFIED), stride=stride, pad=1
    )
    x = sketch.node(f"{path}.relu2", "Relu", [x])
    x = sketch.conv(f"{path}.conv3", x, sketch.filters(outputs, width, 1, gain=0.7))
    if stride != 1 or inputs != outputs:
        shortcut = sketch.filters(outputs, inputs, 1, gain=1.2)
        source = sketch.conv(f"{path}.downsample.0", source, shortcut, stride=stride)
    return sketch.node(f"{path}.relu3", "Relu", [sketch.node(path, "Add", [x, source])])


MODEL = ZooModel(id="resnet50", title="ResNet-50, 224x224", save=save)
