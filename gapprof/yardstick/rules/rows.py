"""Row by row: softmax and layer normalisation."""

import math

from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.softmax import Softmax
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rule, Rules

_SKIPPING_EPSILON = 1e-12
"""Where the node says nothing (onnxruntime, contrib_defs.h)."""


def _softmax(node: Node) -> Parts:
    shape = node.output
    axis = node.attribute("axis", -1)
    if axis not in (-1, len(shape) - 1):
        raise NoTwinError("its axis is not the last one")
    return [Softmax(rows=math.prod(shape[:-1]), columns=shape[-1])]


def _layer_norm(node: Node) -> Parts:
    """Some have no shift."""
    shape = node.output
    if node.attribute("axis", -1) not in (-1, len(shape) - 1):
        raise NoTwinError("its axis is not the last one")
    rows, columns, epsilon = math.prod(shape[:-1]), shape[-1], node.attribute("epsilon", 1e-5)
    if node.has(2):
        return [LayerNorm(rows=rows, columns=columns, epsilon=epsilon)]
    return [SkipNorm(rows=rows, columns=columns, epsilon=epsilon, shift=False)]


def _root_mean_square(node: Node) -> Parts:
    shape = node.output
    if node.attribute("axis", -1) not in (-1, len(shape) - 1):
        raise NoTwinError("its axis is not the last one")
    epsilon = node.attribute("epsilon", 1e-5)
    plain = SkipNorm(
        rows=math.prod(shape[:-1]), columns=shape[-1], epsilon=epsilon, centred=False, shift=False
    )
    return [plain]


def _skipping(*, centred: bool) -> Rule:
    """Source and tensor that is added, scale, shift if there is a mean, and a row that is added too."""
    bias = 4 if centred else 3

    def rule(node: Node) -> Parts:
        shape = node.output
        if node.input(1) != shape:
            raise NoTwinError("what it adds is broadcast")
        found = SkipNorm(
            rows=math.prod(shape[:-1]),
            columns=shape[-1],
            epsilon=node.attribute("epsilon", _SKIPPING_EPSILON),
            skip=True,
            bias=node.has(bias),
            centred=centred,
            shift=centred and node.has(3),
            keeps_sum=len(node.outputs) > 1,
        )
        return [found]

    return rule


RULES = Rules(
    id="rows",
    by_operator={
        ("ai.onnx", "Softmax"): _softmax,
        ("ai.onnx", "LayerNormalization"): _layer_norm,
        ("ai.onnx", "SimplifiedLayerNormalization"): _root_mean_square,
        ("ai.onnx", "RMSNormalization"): _root_mean_square,
        ("com.microsoft", "SkipLayerNormalization"): _skipping(centred=True),
        ("com.microsoft", "SkipSimplifiedLayerNormalization"): _skipping(centred=False),
    },
)
