"""Which loop nests quantised nodes are made of."""

import math
from typing import Any

import pytest
from onnx import TensorProto, helper

from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.yardstick.cover import covered
from gapprof.yardstick.shapes import shape_of
from tests.unit.yardstick.covering import Shape


def quantised(
    op: str,
    a: Shape,
    b: Shape,
    output: Shape,
    *,
    domain: str = "",
    weight: int = -65,
    **attributes: Any,
) -> TwinNode:
    """A node of bytes: a, its scale and zero point, b and its own, those of the result."""
    names = ["a", "scale", "zero", "b", "scale", "zero", "scale", "zero"]
    kinds = {"scale": (TensorProto.FLOAT, ()), "zero": (TensorProto.UINT8, ()), "b": (TensorProto.INT8, b)}
    node = helper.make_node(op, names, ["o"], name="n", domain=domain, **attributes)
    weights = [
        helper.make_tensor(name, kind, shape, [weight if name == "b" else 0] * math.prod(shape))
        for name, (kind, shape) in kinds.items()
    ]
    graph = helper.make_graph([node], "g", [], [], weights)
    specs = [TensorSpec(name="a", dtype="uint8", shape=a)]
    row = NodeCensus(
        name="n",
        op_type=op,
        domain=domain,
        flops=1,
        bytes=1,
        output_shapes=(output,),
        output_dtypes=("uint8",),
    )
    return covered(graph, specs, [row])[0]


def test_bytes_are_convolved_in_pairs_of_channels() -> None:
    node = quantised("QLinearConv", (1, 3, 8, 8), (16, 3, 3, 3), (1, 16, 8, 8), pads=[1, 1, 1, 1])
    assert [shape_of(part) for part in node.parts] == [
        Paired(channels=3, height=8, width=8, pads=(1, 1, 1, 1), unsigned=True),
        ConvInt8(channels=3, filters=16, height=10, width=10, kernel=(3, 3), unsigned=True),
    ]


@pytest.mark.parametrize(
    ("weight", "channels", "kind"), [(-64, 8, ConvInt8Narrow), (-65, 8, ConvInt8), (63, 6, ConvInt8)]
)
def test_weights_of_seven_bits_have_one_more_schedule(weight: int, channels: int, kind: type) -> None:
    image, filters = (1, channels, 8, 8), (16, channels, 1, 1)
    node = quantised("QLinearConv", image, filters, (1, 16, 8, 8), weight=weight)
    assert type(shape_of(node.parts[-1])) is kind
    product = quantised("QLinearMatMul", (2, 5, channels), (channels, 24), (2, 5, 24), weight=weight)
    assert type(shape_of(product.parts[-1])) is kind


def test_groups_of_bytes_are_paired_by_themselves() -> None:
    node = quantised("QLinearConv", (2, 6, 8, 8), (4, 3, 3, 3), (2, 4, 6, 6), group=2)
    assert [shape_of(part) for part in node.parts] == [
        Paired(batch=4, channels=3, height=8, width=8, pads=(0, 0, 0, 0), unsigned=True),
        ConvInt8Grouped(
            batch=2, channels=6, filters=4, height=8, width=8, kernel=(3, 3), unsigned=True, groups=2
        ),
    ]


def test_channels_of_bytes_by_themselves_are_not_paired() -> None:
    node = quantised("QLinearConv", (1, 6, 8, 9), (6, 1, 3, 3), (1, 6, 8, 9), group=6, pads=[1] * 4)
    assert [shape_of(part) for part in node.parts] == [
        Padded(planes=6, height=8, width=9, pads=(1, 1, 1, 1), element="i8"),
        DepthwiseInt8(
            channels=6,
            filters=6,
            height=10,
            width=11,
            kernel=(3, 3),
            unsigned=True,
            unsigned_source=True,
        ),
    ]


def test_a_product_of_bytes_is_a_convolution_of_one_row() -> None:
    node = quantised("QLinearMatMul", (2, 5, 32), (32, 24), (2, 5, 24))
    assert [shape_of(part) for part in node.parts] == [
        ConvInt8(channels=32, filters=10, height=1, width=24, kernel=(1, 1))
    ]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (quantised("QLinearConv", (1, 3, 8, 3), (16, 3, 1, 1), (1, 16, 8, 3)), "too short"),
        (quantised("QLinearMatMul", (5, 32), (32, 3), (5, 3)), "too short"),
    ],
)
def test_bytes_that_have_no_twin_say_why(node: TwinNode, why: str) -> None:
    assert why in node.why
