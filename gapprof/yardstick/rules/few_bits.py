"""Products with weights of four bits."""

import math

from gapprof.kernels.families.nibbles import BITS, EIGHT, Nibbles
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _product(node: Node) -> Parts:
    """The weights are put in order when a session is made."""
    a, depth, columns = node.input(0), int(node.attribute("K", 0)), int(node.attribute("N", 0))
    bits, block = int(node.attribute("bits", BITS)), int(node.attribute("block_size", 32))
    if node.types[0] != "f32" or node.types[2] != "f32":
        raise NoTwinError("it multiplies no f32")
    if bits != BITS or block % EIGHT:
        raise NoTwinError(f"its weights are blocks of {block} elements of {bits} bits")
    if node.has(4) or node.has(5):
        raise NoTwinError("its weights are in another order, or it adds a bias")
    if not node.constant[1]:
        raise NoTwinError("its second operand is no weight")
    if node.has(3) and node.types[3] != "u8":
        raise NoTwinError("its zero points are no bytes")
    rows = math.prod(a[:-1])
    return [Nibbles(rows=rows, depth=depth, columns=columns, block=block, zero_points=node.has(3))]


RULES = Rules(id="few-bits", by_operator={("com.microsoft", "MatMulNBits"): _product}, floats=False)
