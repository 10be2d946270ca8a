"""Convolutions along lines and over images, and the other way."""

import math

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_transposed import ConvTransposed
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.padded import Padded
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, Shape, activation_of
from gapprof.yardstick.sliding import Sliding, plane_of, sliding


def _conv(node: Node) -> Parts:
    """Along lines or over images: a matrix product where the window is one element, else direct."""
    image, filters = _operands(node)
    height, width = plane_of(image[2:])
    slid = sliding(node, filters[2:])
    named = node.attribute("activation", "")
    activation = activation_of(named) if named else None
    groups, bias = int(node.attribute("group", 1)), node.has(2)
    batch, channels = image[:2]
    added = [Combined(rows=1, columns=math.prod(node.output), op="add", right="all")] if node.has(3) else []
    if slid.kernel == slid.stride == (1, 1) and not any(slid.pads) and groups == 1:
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
    parts, (height, width) = _padded(image, slid.pads)
    slid.refuse_uneven()
    kind = Depthwise if groups == channels == filters[0] else Conv
    direct = kind(
        batch=batch,
        channels=channels,
        filters=filters[0],
        height=height,
        width=width,
        kernel=slid.kernel,
        stride=slid.stride,
        dilation=slid.dilation,
        groups=groups,
        bias=bias,
        activation=activation,
    )
    return [*parts, direct, *added]


def _conv_transpose(node: Node) -> Parts:
    """A border of as many elements as a filter looks beyond the image, then sums for each of the result's."""
    image, filters = _operands(node)
    slid = sliding(node, filters[2:])
    if slid.dilation != (1, 1):
        raise NoTwinError("its filters have gaps")
    automatic = node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    if automatic or node.attribute("output_shape", None) is not None:
        raise NoTwinError("its padding is not written out")
    groups, out = int(node.attribute("group", 1)), plane_of(node.output[2:])
    before, behind = zip(*(_looks_over(slid, plane_of(image[2:]), out, axis) for axis in (0, 1)), strict=True)
    parts, (height, width) = _padded(image, (before[0], before[1], behind[0], behind[1]))
    transposed = ConvTransposed(
        batch=image[0],
        channels=image[1],
        filters=filters[1] * groups,
        height=height,
        width=width,
        kernel=slid.kernel,
        stride=slid.stride,
        groups=groups,
        crop=(slid.pads[0] + before[0] * slid.stride[0], slid.pads[1] + before[1] * slid.stride[1]),
        out=out,
        bias=node.has(2),
    )
    return [*parts, transposed]


def _looks_over(slid: Sliding, size: tuple[int, int], out: tuple[int, int], axis: int) -> tuple[int, int]:
    """Elements before and behind an axis of the image that sums of the result want."""
    stride, before, behind = slid.stride[axis], 0, 0
    for number in range(stride):
        place, tap = divmod(number + slid.pads[axis], stride)
        taps = -(-(slid.kernel[axis] - tap) // stride)
        if taps > 0:
            before = max(before, taps - 1 - place)
            behind = max(behind, -(-out[axis] // stride) + place - size[axis])
    return before, behind


def _operands(node: Node) -> tuple[Shape, Shape]:
    """Image or line, and filters."""
    image, filters = node.input(0), node.input(1)
    if len(image) not in (3, 4):
        raise NoTwinError("it convolves neither lines nor images")
    return image, filters


def _padded(image: Shape, pads: tuple[int, int, int, int]) -> tuple[Parts, tuple[int, int]]:
    """What makes the border, where there is one, and the size with it."""
    batch, channels, *sizes = image
    height, width = plane_of(sizes)
    if not any(pads):
        return [], (height, width)
    pad = Padded(planes=batch * channels, height=height, width=width, pads=pads)
    return [pad], pad.out


RULES = Rules(
    id="convolutions",
    by_operator={
        ("ai.onnx", "Conv"): _conv,
        ("com.microsoft", "FusedConv"): _conv,
        ("ai.onnx", "ConvTranspose"): _conv_transpose,
    },
)
