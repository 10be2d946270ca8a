"""Networks of bytes: convolutions, products, shortcuts and pooling."""

import math
from typing import Any, Literal

from msgspec.structs import asdict

from gapprof.kernels.families.added_int8 import AddedInt8
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.converted import Converted
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.requantised import FEWEST
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules
from gapprof.yardstick.rules.pooling import pooled_window
from gapprof.yardstick.sliding import Sliding, sliding

_BYTES = ("i8", "u8")
_WIDENED_FOR = 16
"""Columns, against which widening one element of the other operand is next to nothing."""


def _conv(node: Node) -> Parts:
    """Channels in pairs first, with the border; the weights are paired when a session is made."""
    image, filters = node.input(0), node.input(3)
    if len(image) != 4:
        raise NoTwinError("it convolves no images")
    if node.types[0] not in _BYTES or node.types[3] not in _BYTES:
        raise NoTwinError("it convolves no bytes")
    slid = sliding(node, filters[2:])
    slid.refuse_uneven()
    if image[3] < 2 or node.output[3] < FEWEST:
        raise NoTwinError("its rows are too short for vectors of bytes")
    batch, channels, height, width = image
    groups = int(node.attribute("group", 1))
    if groups == channels == filters[0] > 1:
        return _depthwise(node, slid)
    paired = Paired(
        batch=batch * groups,
        channels=channels // groups,
        height=height,
        width=width,
        pads=slid.pads,
        unsigned=node.types[0] == "u8",
    )
    rows, columns = paired.out
    every: Any = {
        "batch": batch,
        "channels": channels,
        "filters": filters[0],
        "height": rows,
        "width": columns,
        "kernel": slid.kernel,
        "stride": slid.stride,
        "dilation": slid.dilation,
        "unsigned": node.types[7] == "u8",
    }
    if groups > 1:
        return [paired, ConvInt8Grouped(groups=groups, **every)]
    return [paired, _of_weights(ConvInt8Narrow(narrow="filters", **every), node)]


def _depthwise(node: Node, slid: Sliding) -> Parts:
    """A border, where there is one, then each channel by itself."""
    batch, channels, height, width = node.input(0)
    parts: Parts = []
    if any(slid.pads):
        if width < FEWEST:
            raise NoTwinError("its rows are too short for vectors of bytes")
        pad = Padded(planes=batch * channels, height=height, width=width, pads=slid.pads, element="i8")
        parts.append(pad)
        height, width = pad.out
    direct = DepthwiseInt8(
        batch=batch,
        channels=channels,
        filters=channels,
        height=height,
        width=width,
        kernel=slid.kernel,
        stride=slid.stride,
        dilation=slid.dilation,
        unsigned=node.types[7] == "u8",
        unsigned_source=node.types[0] == "u8",
    )
    return [*parts, direct]


def _add(node: Node) -> Parts:
    left, right, count = node.input(0), node.input(3), math.prod(node.output)
    if node.types[0] not in _BYTES or node.types[0] != node.types[3] or not left == right == node.output:
        raise NoTwinError("it adds no two tensors of bytes of one shape")
    if count % 8:
        raise NoTwinError("its bytes fill no vectors")
    return [AddedInt8(count=count, unsigned=node.types[0] == "u8")]


def _max_pool(node: Node) -> Parts:
    if node.types[0] not in _BYTES:
        raise NoTwinError("it pools neither f32 nor bytes")
    slid = pooled_window(node)
    planes, (height, width) = math.prod(node.input(0)[:2]), node.input(0)[2:]
    if width < FEWEST or node.output[3] < FEWEST:
        raise NoTwinError("its rows are too short for vectors of bytes")
    parts: Parts = []
    if any(slid.pads):
        pad = Padded(planes=planes, height=height, width=width, pads=slid.pads, element="i8")
        parts.append(pad)
        height, width = pad.out
    element: Literal["i8", "u8"] = "u8" if node.types[0] == "u8" else "i8"
    pool = MaxPool(
        planes=planes,
        height=height,
        width=width,
        kernel=slid.kernel,
        stride=slid.stride,
        element=element,
    )
    return [*parts, pool]


def _product(node: Node) -> Parts:
    """A convolution of one row: columns are pixels, and the depth is channels.

    The weights are paired when a session is made; widening the other operand is next to nothing.
    """
    a, b = node.input(0), node.input(3)
    if len(b) != 2 or len(a) < 2:
        raise NoTwinError("it multiplies no matrix with a matrix of weights")
    if node.types[0] not in _BYTES or node.types[3] not in _BYTES or not node.constant[3]:
        raise NoTwinError("it multiplies no bytes with weights")
    if node.attribute("transA", 0):
        raise NoTwinError("its first operand is transposed")
    columns = node.output[-1]
    if columns < _WIDENED_FOR:
        raise NoTwinError("its rows are too short for vectors of bytes")
    rows, depth = math.prod(a[:-1]), a[-1]
    every: Any = {"channels": depth, "filters": rows, "height": 1, "width": columns, "kernel": (1, 1)}
    return [_of_weights(ConvInt8Narrow(narrow="image", **every), node)]


def _of_weights(narrow: ConvInt8Narrow, node: Node) -> ConvInt8:
    """As it is where the weights keep to 7 bits and lie in fours, else without the schedules for these."""
    if node.narrow[3] and narrow.in_fours:
        return narrow
    told = asdict(narrow)
    del told["narrow"]
    return ConvInt8(**told)


def _to_bytes(node: Node) -> Parts:
    kind = node.types[2] if node.has(2) else "u8"
    if node.types[0] != "f32" or kind not in _BYTES:
        raise NoTwinError("it makes no bytes of f32")
    return [_converted(node, "bytes", kind)]


def _to_floats(node: Node) -> Parts:
    if node.types[0] not in _BYTES:
        raise NoTwinError("it makes f32 of no bytes")
    return [_converted(node, "floats", node.types[0])]


def _converted(node: Node, to: Literal["bytes", "floats"], kind: str) -> Converted:
    """By one scale for all."""
    count = math.prod(node.output)
    if math.prod(node.input(1)) != 1:
        raise NoTwinError("it has more than one scale")
    if count % 8:
        raise NoTwinError("its bytes fill no vectors")
    return Converted(count=count, to=to, unsigned=kind == "u8")


RULES = Rules(
    id="quantised",
    by_operator={
        ("ai.onnx", "QLinearConv"): _conv,
        ("ai.onnx", "QLinearMatMul"): _product,
        ("com.microsoft", "QGemm"): _product,
        ("com.microsoft", "QLinearAdd"): _add,
        ("ai.onnx", "MaxPool"): _max_pool,
        ("ai.onnx", "QuantizeLinear"): _to_bytes,
        ("ai.onnx", "DequantizeLinear"): _to_floats,
        ("com.microsoft", "QuantizeLinear"): _to_bytes,
        ("com.microsoft", "DequantizeLinear"): _to_floats,
    },
    floats=False,
)
