"""FLOPs of one node from the shapes around it; a multiply-add counts as two. One formula per operator."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import onnx

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShapes:
    """A node with the shapes of its inputs and outputs; None where one is not known or a slot is empty."""

    node: onnx.NodeProto
    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]

    def attribute(self, name: str, default: int) -> int:
        """An integer attribute."""
        return next((int(a.i) for a in self.node.attribute if a.name == name), default)


Formula = Callable[[NodeShapes], int]


def flops(shapes: NodeShapes) -> int | None:
    """Floating-point (or integer multiply-add) operations of the node; None where no formula fits."""
    formula = FORMULAS.get((shapes.node.domain or "ai.onnx", shapes.node.op_type))
    if formula is None or not shapes.outputs or shapes.outputs[0] is None:
        return None
    try:
        return formula(shapes)
    except (ValueError, IndexError):  # an unknown shape, or one that does not fit its operator
        return None


class _UnknownShapeError(ValueError):
    """A shape that the formula needs is not known."""


def _input(shapes: NodeShapes, index: int) -> Shape:
    shape = shapes.inputs[index] if index < len(shapes.inputs) else None
    if shape is None:
        raise _UnknownShapeError
    return shape


def _output(shapes: NodeShapes, index: int = 0) -> Shape:
    shape = shapes.outputs[index]
    if shape is None:
        raise _UnknownShapeError
    return shape


def _per_output(count: int) -> Formula:
    """`count` operations for each element of the first output."""
    return lambda shapes: count * math.prod(_output(shapes))


def _per_input(count: int) -> Formula:
    """`count` operations for each element of the first input."""
    return lambda shapes: count * math.prod(_input(shapes, 0))


def _conv(weight: int) -> Formula:
    """Each output element is a dot product over one filter; `weight` is the index of the filters."""

    def count(shapes: NodeShapes) -> int:
        filters = _input(shapes, weight)
        return 2 * math.prod(_output(shapes)) * math.prod(filters[1:])

    return count


def _conv_transpose(shapes: NodeShapes) -> int:
    """Each input element is spread over one filter."""
    return 2 * math.prod(_input(shapes, 0)) * math.prod(_input(shapes, 1)[1:])


def _matmul(shapes: NodeShapes) -> int:
    """Each output element is a dot product along the last axis of A (the first one if A is transposed)."""
    a = _input(shapes, 0)
    inner = a[-2] if shapes.attribute("transA", 0) and len(a) > 1 else a[-1]
    return 2 * math.prod(_output(shapes)) * inner


def _matmul_nbits(shapes: NodeShapes) -> int:
    return 2 * math.prod(_output(shapes)) * shapes.attribute("K", _input(shapes, 0)[-1])


def _pool(shapes: NodeShapes) -> int:
    """One operation per element of each window."""
    window = next((math.prod(a.ints) for a in shapes.node.attribute if a.name == "kernel_shape"), 1)
    return window * math.prod(_output(shapes))


def _attention(shapes: NodeShapes) -> int:
    """com.microsoft.Attention without past: projections of Q, K, V, then QK^T and PV."""
    batch, sequence, width = _input(shapes, 0)
    projected = _input(shapes, 1)[1]
    return 2 * batch * sequence * width * projected + 4 * batch * sequence * sequence * (projected // 3)


def _multi_head_attention(shapes: NodeShapes) -> int:
    """QK^T and PV of com.microsoft.MultiHeadAttention with Q [batch, sequence, width] and K alike."""
    batch, sequence, width = _input(shapes, 0)
    keys = _input(shapes, 1)
    if len(keys) != 3:
        raise _UnknownShapeError
    past = shapes.inputs[6][2] if len(shapes.inputs) > 6 and (shapes.inputs[6] or ()) else 0
    return 4 * batch * sequence * (keys[1] + past) * width


def _recurrent(gates: int) -> Formula:
    """Input and recurrent products of every gate, for every step, direction and batch row."""

    def count(shapes: NodeShapes) -> int:
        steps, batch, width = _input(shapes, 0)
        directions, _, hidden = _input(shapes, 2)
        return 2 * steps * batch * directions * gates * hidden * (width + hidden)

    return count


def _einsum(shapes: NodeShapes) -> int:
    """Two operations for each point of the whole index space."""
    equation = next((a.s.decode() for a in shapes.node.attribute if a.name == "equation"), "")
    if "." in equation:
        raise _UnknownShapeError
    sizes: dict[str, int] = {}
    for index, term in enumerate(equation.split("->")[0].replace(" ", "").split(",")):
        sizes.update(zip(term, _input(shapes, index), strict=True))
    return 2 * math.prod(sizes.values())


_PER_ELEMENT = (
    (0, "Reshape Transpose Concat Split Slice Gather GatherElements GatherND ScatterND ScatterElements"),
    (
        0,
        "Expand Tile Pad Squeeze Unsqueeze Flatten Identity Cast CastLike Shape Size Constant",
    ),
    (
        0,
        "ConstantOfShape Range Where DepthToSpace SpaceToDepth Dropout OneHot NonZero EyeLike Trilu Compress",
    ),
    (
        1,
        "Add Sub Mul Div Neg Abs Relu Max Min Sum Equal Less Greater LessOrEqual GreaterOrEqual Not",
    ),
    (1, "And Or Xor"),
    (
        1,
        "Floor Ceil Round Sign Sqrt Reciprocal PRelu LeakyRelu ThresholdedRelu Mod IsNaN IsInf BitShift",
    ),
    (2, "Clip BatchNormalization DequantizeLinear"),
    (3, "QuantizeLinear Softsign"),
    (4, "Sigmoid HardSigmoid Exp Log Pow Sin Cos LpNormalization"),
    (5, "HardSwish Elu SimplifiedLayerNormalization RMSNormalization DynamicQuantizeLinear"),
    (6, "Tanh Selu Celu Softplus Softmax MeanVarianceNormalization"),
    (7, "LogSoftmax Resize Upsample"),
    (8, "Erf LayerNormalization InstanceNormalization GroupNormalization"),
    (10, "LRN GridSample"),
    (12, "Gelu Mish"),
)
"""Operations per element of the output as usually evaluated, an exponential as four: enough to tell compute
from memory, not to time by."""
_CONTRIB_PER_ELEMENT = (
    (1, "BiasAdd QLinearSigmoid QLinearLeakyRelu"),
    (2, "DequantizeLinear"),
    (3, "QuantizeLinear QLinearConcat"),
    (5, "QLinearAdd QLinearMul"),
    (6, "QuickGelu QLinearSoftmax RotaryEmbedding SkipSimplifiedLayerNormalization"),
    (7, "BiasSoftmax"),
    (9, "SkipLayerNormalization QLinearAveragePool"),
    (10, "EmbedLayerNormalization"),
    (12, "Gelu FastGelu"),
    (13, "BiasGelu BiasSplitGelu"),
)
_REDUCTIONS = (
    "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd "
    "GlobalAveragePool GlobalMaxPool ArgMax ArgMin CumSum TopK"
)

FORMULAS: Mapping[tuple[str, str], Formula] = {
    **{("ai.onnx", op): _per_output(count) for count, ops in _PER_ELEMENT for op in ops.split()},
    **{("com.microsoft", op): _per_output(n) for n, ops in _CONTRIB_PER_ELEMENT for op in ops.split()},
    **{("ai.onnx", op): _per_input(1) for op in _REDUCTIONS.split()},
    ("ai.onnx", "Conv"): _conv(1),
    ("ai.onnx", "ConvInteger"): _conv(1),
    ("ai.onnx", "QLinearConv"): _conv(3),
    ("ai.onnx", "ConvTranspose"): _conv_transpose,
    ("ai.onnx", "MatMul"): _matmul,
    ("ai.onnx", "MatMulInteger"): _matmul,
    ("ai.onnx", "QLinearMatMul"): _matmul,
    ("ai.onnx", "Gemm"): _matmul,
    ("ai.onnx", "Einsum"): _einsum,
    ("ai.onnx", "MaxPool"): _pool,
    ("ai.onnx", "AveragePool"): _pool,
    ("ai.onnx", "LpPool"): _pool,
    ("ai.onnx", "LSTM"): _recurrent(4),
    ("ai.onnx", "GRU"): _recurrent(3),
    ("ai.onnx", "RNN"): _recurrent(1),
    ("com.microsoft", "FusedConv"): _conv(1),
    ("com.microsoft", "FusedMatMul"): _matmul,
    ("com.microsoft", "FusedGemm"): _matmul,
    ("com.microsoft", "GemmFastGelu"): _matmul,
    ("com.microsoft", "TransposeMatMul"): _matmul,
    ("com.microsoft", "QGemm"): _matmul,
    ("com.microsoft", "QLinearConv"): _conv(3),
    ("com.microsoft", "MatMulIntegerToFloat"): _matmul,
    ("com.microsoft", "DynamicQuantizeMatMul"): _matmul,
    ("com.microsoft", "MatMulNBits"): _matmul_nbits,
    ("com.microsoft", "QLinearGlobalAveragePool"): _per_input(1),
    ("com.microsoft", "Attention"): _attention,
    ("com.microsoft", "MultiHeadAttention"): _multi_head_attention,
}
