"""Elements from one of two tensors."""

import math

from gapprof.kernels.families.selected import Operand, Selected
from gapprof.yardstick.broadcast import broadcast
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _where(node: Node) -> Parts:
    """All three operands may be broadcast."""
    if node.types[1:] != ("f32", "f32"):
        raise NoTwinError("it chooses between no f32")
    shapes = [node.input(number) for number in range(3)]
    lies = broadcast(node.output, shapes)
    if lies.run == 1 and lies.sizes:
        raise NoTwinError("it moves single elements")
    condition, chosen, other = (
        Operand(count=math.prod(shape), steps=steps, along=along)
        for shape, steps, along in zip(shapes, lies.steps, lies.along, strict=True)
    )
    return [Selected(sizes=lies.sizes, run=lies.run, condition=condition, chosen=chosen, other=other)]


RULES = Rules(id="choices", by_operator={("ai.onnx", "Where"): _where}, floats=False)
