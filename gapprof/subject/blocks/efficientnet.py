"""EfficientNet-B0 without its classifier (Tan & Le 2019), for any image size.

Padding is symmetric, as in the ports that models are exported from.
"""

from gapprof.subject.blocks.activations import SWISH_GAIN, swish
from gapprof.subject.sketch import Sketch

STAGES = (
    (1, 3, 16, 1, 1),
    (6, 3, 24, 2, 2),
    (6, 5, 40, 2, 2),
    (6, 3, 80, 3, 2),
    (6, 5, 112, 3, 1),
    (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)
"""Expansion, kernel, channels, blocks, stride of the first block: table 1 of the paper."""
SQUEEZED = 4
"""Of a block's inputs, one in so many channels is left between squeeze and excitation."""


def features(sketch: Sketch, image: str) -> list[tuple[str, int]]:
    """The output of each stage and its channels."""
    x = sketch.conv("_conv_stem", image, sketch.filters(32, 3, 3, gain=1.0), stride=2, pad=1)
    x = swish(sketch, "_conv_stem/swish", x)
    channels, index, stages = 32, 0, []
    for expansion, kernel, width, blocks, first_stride in STAGES:
        for block in range(blocks):
            stride = first_stride if block == 0 else 1
            path = f"_blocks.{index}"
            x = _block(sketch, path, x, channels, width, expansion=expansion, kernel=kernel, stride=stride)
            channels, index = width, index + 1
        stages.append((x, channels))
    return stages


def _block(
    sketch: Sketch,
    path: str,
    source: str,
    inputs: int,
    outputs: int,
    *,
    expansion: int,
    kernel: int,
    stride: int,
) -> str:
    hidden, x = inputs * expansion, source
    if expansion != 1:
        x = sketch.conv(f"{path}/_expand_conv", x, sketch.filters(hidden, inputs, 1, gain=1.0))
        x = swish(sketch, f"{path}/expanded", x)
    filters = sketch.filters(hidden, 1, kernel, gain=SWISH_GAIN)
    x = sketch.conv(f"{path}/_depthwise_conv", x, filters, stride=stride, pad=kernel // 2, group=hidden)
    x = swish(sketch, f"{path}/filtered", x)
    x = _excited(sketch, path, x, hidden, max(1, inputs // SQUEEZED))
    residual = stride == 1 and inputs == outputs
    gain = SWISH_GAIN if residual else 2 * SWISH_GAIN  # the sigmoid takes half
    x = sketch.conv(f"{path}/_project_conv", x, sketch.filters(outputs, hidden, 1, gain=gain))
    return sketch.node(path, "Add", [x, source]) if residual else x


def _excited(sketch: Sketch, path: str, source: str, channels: int, squeezed: int) -> str:
    """Each channel weighed by what the whole image says (Hu et al. 2017)."""
    x = sketch.node(f"{path}/squeeze", "GlobalAveragePool", [source])
    x = sketch.conv(f"{path}/_se_reduce", x, sketch.filters(squeezed, channels, 1, gain=2 * SWISH_GAIN))
    x = swish(sketch, f"{path}/squeezed", x)
    x = sketch.conv(f"{path}/_se_expand", x, sketch.filters(channels, squeezed, 1, gain=SWISH_GAIN))
    return sketch.node(f"{path}/excite", "Mul", [sketch.node(f"{path}/excite", "Sigmoid", [x]), source])
