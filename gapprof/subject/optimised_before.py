"""Whether onnxruntime's optimiser saved a file, and what it had made of the model's own operators."""

from collections import Counter

import onnx

from gapprof.subject.tensors import all_nodes

_OWN_DOMAINS = frozenset({"com.microsoft.nchwc", "com.ms.internal.nhwc"})
"""Operator sets that nobody but onnxruntime declares, and in every file that it saves."""
_FUSED = frozenset(
    {
        "Attention",
        "BiasGelu",
        "BiasSoftmax",
        "DynamicQuantizeMatMul",
        "EmbedLayerNormalization",
        "FastGelu",
        "FusedConv",
        "FusedGemm",
        "FusedMatMul",
        "FusedMatMulActivation",
        "Gelu",
        "GroupNorm",
        "MatMulIntegerToFloat",
        "MultiHeadAttention",
        "QuickGelu",
        "SkipGroupNorm",
        "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization",
        "SimplifiedLayerNormalization",
    }
)
"""Of `com.microsoft`: what the optimiser puts in the place of several operators. Quantisers write others of
that set into files as well, which nobody optimised for a processor."""


def optimised_before(model: onnx.ModelProto) -> dict[str, int]:
    """Operator → its nodes, in alphabetical order; empty for a file that onnxruntime did not save."""
    if not any(one.domain in _OWN_DOMAINS for one in model.opset_import):
        return {}
    found = Counter(node.op_type for node in all_nodes(model) if _is_made(node))
    return dict(sorted(found.items()))


def _is_made(node: onnx.NodeProto) -> bool:
    return node.domain in _OWN_DOMAINS or (node.domain == "com.microsoft" and node.op_type in _FUSED)
