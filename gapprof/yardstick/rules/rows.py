"""Row by row: softmax and layer normalisation."""

import math

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.softmax import Softmax
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules


def _softmax(node: Node) -> Parts:
    shape = node.output
    axis = node.attribute("axis", -1)
    if axis not in (-1, len(shape) - 1):
        raise NoTwinError("its axis is not the last one")
    return [Softmax(rows=math.prod(shape[:-1]), columns=shape[-1])]


def _layer_norm(node: Node) -> Parts:
    shape = node.output
    if node.attribute("axis", -1) not in (-1, len(shape) - 1):
        raise NoTwinError("its axis is not the last one")
    if node.proto.op_type == "LayerNormalization" and not node.has(2):
        raise NoTwinError("it has no bias")
    epsilon = node.attribute("epsilon", 1e-5)
    return [LayerNorm(rows=math.prod(shape[:-1]), columns=shape[-1], epsilon=epsilon)]


def _skip_layer_norm(node: Node) -> Parts:
    if node.has(4) or node.input(1) != node.output:
        raise NoTwinError("it adds more than one tensor of its own shape")
    return [Combined(rows=1, columns=math.prod(node.output), op="add", right="all"), *_layer_norm(node)]


RULES = Rules(
    id="rows",
    by_operator={
        ("ai.onnx", "Softmax"): _softmax,
        ("ai.onnx", "LayerNormalization"): _layer_norm,
        ("com.microsoft", "SkipLayerNormalization"): _skip_layer_norm,
    },
)
