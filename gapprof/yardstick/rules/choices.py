"""Elements from one of two tensors."""

from gapprof.kernels.families.selected import Selected
from gapprof.yardstick.broadcast import broadcast
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _where(node: Node) -> Parts:
    """All three operands may be broadcast."""
    if node.types[1:] != ("f32", "f32"):
        raise NoTwinError("it chooses between no f32")
    lies = broadcast(node.output, [node.input(number) for number in range(3)])
    condition, chosen, other = lies.operands
    return [Selected(sizes=lies.sizes, run=lies.run, condition=condition, chosen=chosen, other=other)]


RULES = Rules(id="choices", by_operator={("ai.onnx", "Where"): _where}, floats=False)
