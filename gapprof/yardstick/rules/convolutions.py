"""Convolutions along lines and over images."""

import math

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.padded import Padded
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, activation_of, plane_of, window_of


def _conv(node: Node) -> Parts:
    """Along lines or over images: a matrix product where the window is one element, else direct."""
    image, filters = node.input(0), node.input(1)
    if len(image) not in (3, 4):
        raise NoTwinError("it convolves neither lines nor images")
    if node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NoTwinError("its padding is not written out")
    axes = len(image) - 2
    height, width = plane_of(image[2:])
    kernel, stride = window_of(filters[2:]), plane_of(node.attribute("strides", [1] * axes))
    dilation = plane_of(node.attribute("dilations", [1] * axes))
    pads = node.attribute("pads", [0] * 2 * axes)
    top, left, bottom, right = pads if axes == 2 else (0, pads[0], 0, pads[1])
    named = node.attribute("activation", "")
    activation = activation_of(named) if named else None
    groups, bias = int(node.attribute("group", 1)), node.has(2)
    batch, channels = image[:2]
    added = [Combined(rows=1, columns=math.prod(node.output), op="add", right="all")] if node.has(3) else []
    if kernel == stride == (1, 1) and not any(pads) and groups == 1:
        product = Gemm(
            rows=filters[0],
            depth=channels,
            columns=height * width,
            batch=batch,
            shared="a" if batch > 1 else "",
            packed=False,
            bias="row" if bias else "",
            activation=activation,
        )
        return [product, *added]
    parts: Parts = []
    if any(pads):
        pad = Padded(planes=batch * channels, height=height, width=width, pads=(top, left, bottom, right))
        parts.append(pad)
        height, width = pad.out
    kind = Depthwise if groups == channels == filters[0] else Conv
    if stride[1] & (stride[1] - 1):
        raise NoTwinError(f"its stride of {stride[1]} is no power of two")
    direct = kind(
        batch=batch,
        channels=channels,
        filters=filters[0],
        height=height,
        width=width,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        groups=groups,
        bias=bias,
        activation=activation,
    )
    return [*parts, direct, *added]


RULES = Rules(
    id="convolutions",
    by_operator={
        ("ai.onnx", "Conv"): _conv,
        ("com.microsoft", "FusedConv"): _conv,
    },
)
