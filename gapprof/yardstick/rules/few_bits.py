"""Products with weights of four bits."""

import math

from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.four_bits import BITS, EIGHT
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules

_MANY_ROWS = 16
_OF_BYTES = 4
"""Level of accuracy from which on products may be of bytes."""


def _product(node: Node) -> Parts:
    """The weights are put in order beforehand; many rows want them as f32, made anew each time."""
    a, depth, columns = node.input(0), int(node.attribute("K", 0)), int(node.attribute("N", 0))
    bits, block = int(node.attribute("bits", BITS)), int(node.attribute("block_size", 32))
    if node.types[0] != "f32" or node.types[2] != "f32":
        raise NoTwinError("it multiplies no f32")
    if bits != BITS or block % EIGHT:
        raise NoTwinError(f"its weights are blocks of {block} elements of {bits} bits")
    if node.attribute("accuracy_level", 0) >= _OF_BYTES:
        raise NoTwinError("it may round its first operand to bytes")
    if node.has(4) or node.has(5):
        raise NoTwinError("its weights are in another order, or it adds a bias")
    if not node.constant[1]:
        raise NoTwinError("its second operand is no weight")
    if node.has(3) and node.types[3] != "u8":
        raise NoTwinError("its zero points are no bytes")
    rows = math.prod(a[:-1])
    if rows < _MANY_ROWS:
        return [Nibbles(rows=rows, depth=depth, columns=columns, block=block, zero_points=node.has(3))]
    unpacked = Unpacked(depth=depth, columns=columns, block=block, zero_points=node.has(3))
    return [unpacked, Gemm(rows=rows, depth=depth, columns=columns, packed=False)]


RULES = Rules(id="few-bits", by_operator={("com.microsoft", "MatMulNBits"): _product}, floats=False)
