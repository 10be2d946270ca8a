"""Products of networks that are quantised as they run: weights of bytes, activations of f32."""

import math

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.widened import Widened
from gapprof.kernels.requantised import FEWEST
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules

_BYTES = ("i8", "u8")


def _product(node: Node) -> ProductInt8:
    """The weights are paired beforehand; those with a sign alone are taken for narrow."""
    a, b = node.input(0), node.input(1)
    if node.types[1] not in _BYTES or not node.constant[1]:
        raise NoTwinError("it multiplies no weights of bytes")
    if len(b) != 2 or len(a) < 2:
        raise NoTwinError("it multiplies no matrix with a matrix of weights")
    if b[1] < FEWEST:
        raise NoTwinError("its rows are too short for vectors of bytes")
    return ProductInt8(rows=math.prod(a[:-1]), depth=a[-1], columns=b[1], narrow=node.narrow[1])


def _shifted(node: Node) -> Combined:
    """What zero points add to a column, and the bias with it."""
    columns = node.output[-1]
    return Combined(rows=math.prod(node.output) // columns, columns=columns, op="add", right="row")


def _from_bytes(node: Node) -> Parts:
    """com.microsoft.MatMulIntegerToFloat; widening the left operand is next to nothing."""
    if node.types[0] not in _BYTES:
        raise NoTwinError("it multiplies no bytes")
    return [_product(node), _shifted(node)]


def _whole(node: Node) -> Parts:
    """MatMulInteger leaves i32, which is as wide."""
    if node.types[0] not in _BYTES:
        raise NoTwinError("it multiplies no bytes")
    return [_product(node)]


def _from_floats(node: Node) -> Parts:
    """com.microsoft.DynamicQuantizeMatMul: the left operand is made bytes first."""
    count = math.prod(node.input(0))
    if node.types[0] != "f32" or count % 8:
        raise NoTwinError("its left operand is no f32, or fills no vectors")
    return [Widened(count=count), _product(node), _shifted(node)]


RULES = Rules(
    id="dynamic",
    by_operator={
        ("ai.onnx", "MatMulInteger"): _whole,
        ("com.microsoft", "MatMulIntegerToFloat"): _from_bytes,
        ("com.microsoft", "DynamicQuantizeMatMul"): _from_floats,
    },
    floats=False,
)
