"""From a node of the common graph to the loop nests that do its work. One rule per operator. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
from msgspec import Struct
from onnx import helper

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.family import F32
from gapprof.kernels.functions import Activation
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.yardstick.shapes import key_of

Shape = tuple[int, ...]
Parts = list[Struct]


class NoTwinError(Exception):
    """Its text says why a node has no twin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node with the shapes around it, all of them known."""

    proto: onnx.NodeProto
    inputs: tuple[Shape | None, ...]
    """None for a slot that is left empty."""
    output: Shape
    constant: tuple[bool, ...]
    """Which inputs are weights."""

    def attribute(self, name: str, default: Any) -> Any:
        """Its value; strings as text."""
        for one in self.proto.attribute:
            if one.name == name:
                value = helper.get_attribute_value(one)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def has(self, number: int) -> bool:
        """Whether an input is there."""
        return number < len(self.inputs) and self.inputs[number] is not None

    def input(self, number: int) -> Shape:
        """Raises NoTwinError for an input that is not there."""
        shape = self.inputs[number] if number < len(self.inputs) else None
        if shape is None:
            raise NoTwinError(f"it has no input {number}")
        return shape


def covered(
    graph: onnx.GraphProto, inputs: Iterable[TensorSpec], census: Iterable[NodeCensus]
) -> tuple[TwinNode, ...]:
    """Every node, with its twins or why it has none."""
    weights = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    known: dict[str, Shape] = {**weights, **{spec.name: spec.shape for spec in inputs}}
    rows = {row.name: row for row in census}
    for proto in graph.node:
        made = [name for name in proto.output if name]
        row = rows.get(proto.name)
        if row is not None and len(row.output_shapes) == len(made):
            known.update(zip(made, row.output_shapes, strict=True))
    return tuple(_twin(proto, known, weights, rows.get(proto.name)) for proto in graph.node)


def _twin(
    proto: onnx.NodeProto, known: Mapping[str, Shape], weights: Mapping[str, Shape], row: NodeCensus | None
) -> TwinNode:
    try:
        parts = _parts(proto, known, weights, row)
    except NoTwinError as reason:
        return TwinNode(name=proto.name, op_type=proto.op_type, parts=(), why=str(reason))
    return TwinNode(name=proto.name, op_type=proto.op_type, parts=tuple(key_of(part) for part in parts))


def _parts(
    proto: onnx.NodeProto, known: Mapping[str, Shape], weights: Mapping[str, Shape], row: NodeCensus | None
) -> Parts:
    rule = RULES.get((proto.domain or "ai.onnx", proto.op_type))
    if rule is None:
        raise NoTwinError("no twin is written for this operator")
    touched = [name for name in (*dict.fromkeys(proto.input), *proto.output) if name]
    if row is None or row.bytes is None or not all(name in known for name in touched):
        raise NoTwinError("a shape around it is not known")
    if row.bytes != F32 * sum(math.prod(known[name]) for name in touched) and proto.op_type not in _MIXED:
        raise NoTwinError("not all of its tensors are f32")
    return rule(
        Node(
            proto=proto,
            inputs=tuple(known[name] if name else None for name in proto.input),
            output=known[proto.output[0]],
            constant=tuple(name in weights for name in proto.input),
        )
    )


_MIXED = frozenset({"Clip", "LayerNormalization", "SkipLayerNormalization"})
"""Whose further outputs and bounds are counted or not; what is timed is f32 in every model."""


def _matmul(node: Node) -> Parts:
    """[…, rows, depth] times a matrix, or times as many matrices."""
    a, b = node.input(0), node.input(1)
    if node.attribute("transBatchA", 0) or node.attribute("transBatchB", 0):
        raise NoTwinError("its batch is transposed")
    if len(a) < 2 or len(b) < 2:
        raise NoTwinError("it multiplies a vector")
    a_transposed, b_transposed = bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0))
    rows, depth = (a[-1], a[-2]) if a_transposed else (a[-2], a[-1])
    columns = b[-2] if b_transposed else b[-1]
    constant = node.constant[1]
    if len(b) == 2 and not a_transposed:
        gemm = Gemm(rows=math.prod(a[:-1]), depth=depth, columns=columns, packed=constant)
    elif len(b) == 2 or a[:-2] == b[:-2]:
        shared: Any = "b" if len(b) == 2 else ""
        gemm = Gemm(
            rows=rows,
            depth=depth,
            columns=columns,
            batch=math.prod(a[:-2]),
            shared=shared,
            a_transposed=a_transposed,
            packed=constant and bool(shared),
        )
    else:
        raise NoTwinError("its batch is broadcast")
    if b_transposed and not constant:
        return [Transposed(batch=math.prod(b[:-2]), rows=columns, columns=depth), gemm]
    return [gemm]


def _gemm(node: Node) -> Parts:
    """As ONNX has it; weights are packed, so that it does not matter how they lie."""
    a, b = node.input(0), node.input(1)
    if len(a) != 2 or len(b) != 2:
        raise NoTwinError("its operands are no matrices")
    a_transposed = bool(node.attribute("transA", 0))
    rows, depth = (a[1], a[0]) if a_transposed else (a[0], a[1])
    columns = node.output[-1]
    if not node.constant[1]:
        raise NoTwinError("its second operand is no weight")
    bias: Any = "column" if node.has(2) and node.input(2)[-1:] == (columns,) else ""
    named = node.attribute("activation", "")
    return [
        Gemm(
            rows=rows,
            depth=depth,
            columns=columns,
            a_transposed=a_transposed,
            bias=bias,
            activation=_activation(named) if named else None,
        )
    ]


def _conv(node: Node) -> Parts:
    """Along lines or over images: a matrix product where the window is one element, else direct."""
    image, filters = node.input(0), node.input(1)
    if len(image) not in (3, 4):
        raise NoTwinError("it convolves neither lines nor images")
    if node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise NoTwinError("its padding is not written out")
    axes = len(image) - 2
    height, width = _plane(image[2:])
    kernel, stride = _plane(filters[2:]), _plane(node.attribute("strides", [1] * axes))
    dilation = _plane(node.attribute("dilations", [1] * axes))
    pads = node.attribute("pads", [0] * 2 * axes)
    top, left, bottom, right = pads if axes == 2 else (0, pads[0], 0, pads[1])
    named = node.attribute("activation", "")
    activation = _activation(named) if named else None
    groups, bias = int(node.attribute("group", 1)), node.has(2)
    batch, channels = image[:2]
    added = [_sum(node.output)] if node.has(3) else []
    if kernel == stride == (1, 1) and not any(pads) and groups == 1:
        product = Gemm(
            rows=filters[0],
            depth=channels,
            columns=height * width,
            batch=batch,
            shared="a" if batch > 1 else "",
            packed=False,
            bias="row" if bias else "",
            activation=activation,
        )
        return [product, *added]
    parts: Parts = []
    if any(pads):
        pad = Padded(planes=batch * channels, height=height, width=width, pads=(top, left, bottom, right))
        parts.append(pad)
        height, width = pad.out
    kind = Depthwise if groups == channels == filters[0] else Conv
    if stride[1] & (stride[1] - 1):
        raise NoTwinError(f"its stride of {stride[1]} is no power of two")
    direct = kind(
        batch=batch,
        channels=channels,
        filters=filters[0],
        height=height,
        width=width,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        groups=groups,
        bias=bias,
        activation=activation,
    )
    return [*parts, direct, *added]


def _mapped(function: Activation) -> Callable[[Node], Parts]:
    return lambda node: [Mapped(count=math.prod(node.output), function=function)]


def _combined(op: Any, *, commutes: bool, activation: Activation | None = None) -> Callable[[Node], Parts]:
    def rule(node: Node) -> Parts:
        left, right = node.input(0), node.input(1)
        if commutes and left != node.output:
            left, right = right, left
        if left != node.output:
            raise NoTwinError("both of its operands are broadcast")
        return [_combination(op, left, right, activation)]

    return rule


def _combination(op: Any, left: Shape, right: Shape, activation: Activation | None) -> Combined:
    """How the right operand lies along the left one."""
    count = math.prod(left)
    full = (1,) * (len(left) - len(right)) + tuple(right)
    trailing = len(full)
    while trailing and full[trailing - 1] == left[trailing - 1]:
        trailing -= 1
    columns = math.prod(left[trailing:])
    if trailing == 0:
        return Combined(rows=1, columns=count, op=op, right="all", activation=activation)
    if math.prod(full) == 1:
        return Combined(rows=1, columns=count, op=op, right="one", activation=activation)
    if all(size == 1 for size in full[:trailing]):
        return Combined(rows=count // columns, columns=columns, op=op, right="row", activation=activation)
    ones = len(full)
    while ones and full[ones - 1] == 1:
        ones -= 1
    if full[:ones] == left[:ones]:
        inner = math.prod(left[ones:])
        return Combined(rows=count // inner, columns=inner, op=op, right="column", activation=activation)
    raise NoTwinError("its second operand is broadcast over axes in between")


def _sum(shape: Shape) -> Combined:
    return Combined(rows=1, columns=math.prod(shape), op="add", right="all")


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
    return [LayerNorm(rows=math.prod(shape[:-1]), columns=shape[-1])]


def _skip_layer_norm(node: Node) -> Parts:
    return [_sum(node.output), *_layer_norm(node)]


def _max_pool(node: Node) -> Parts:
    """Of images; a border is copied first, as for convolutions."""
    image = node.input(0)
    if len(image) != 4 or len(node.proto.output) > 1:
        raise NoTwinError("it pools no images, or tells where the largest were")
    if node.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or node.attribute("ceil_mode", 0):
        raise NoTwinError("its padding is not written out")
    if set(node.attribute("dilations", [1, 1])) != {1}:
        raise NoTwinError("its windows have gaps")
    stride = _plane(node.attribute("strides", [1, 1]))
    if stride[1] & (stride[1] - 1):
        raise NoTwinError(f"its stride of {stride[1]} is no power of two")
    (height, width), planes = image[2:], image[0] * image[1]
    parts: Parts = []
    top, left, bottom, right = node.attribute("pads", [0] * 4)
    if any((top, left, bottom, right)):
        pad = Padded(planes=planes, height=height, width=width, pads=(top, left, bottom, right))
        parts.append(pad)
        height, width = pad.out
    kernel = _plane(node.attribute("kernel_shape", [1, 1]))
    return [*parts, MaxPool(planes=planes, height=height, width=width, kernel=kernel, stride=stride)]


def _global_average(node: Node) -> Parts:
    """A channel's pixels are one row."""
    batch, channels, *sizes = node.input(0)
    return [Mean(rows=batch * channels, columns=math.prod(sizes))]


def _transpose(node: Node) -> Parts:
    shape = node.input(0)
    order = list(node.attribute("perm", reversed(range(len(shape)))))
    axes = len(shape)
    if axes >= 2 and order == [*range(axes - 2), axes - 1, axes - 2]:
        return [Transposed(batch=math.prod(shape[:-2]), rows=shape[-2], columns=shape[-1])]
    raise NoTwinError("it exchanges other axes than the last two")


def _activation(name: str) -> Activation:
    found = _ACTIVATIONS.get(name)
    if found is None:
        raise NoTwinError(f"no twin of {name} is written")
    return found


def _plane(sizes: Sequence[int]) -> tuple[int, int]:
    """Of an image; a line is an image of one row."""
    return (int(sizes[0]), int(sizes[1])) if len(sizes) == 2 else (1, int(sizes[0]))


_ACTIVATIONS: Mapping[str, Activation] = {
    "Relu": "relu",
    "Clip": "clip6",  # whatever its bounds: they do not change the time
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Erf": "erf",
    "Gelu": "gelu",
    "HardSwish": "hardswish",
    "Exp": "exp",
    "Sqrt": "sqrt",
}
_COMBINED = {"Add": ("add", True), "Sub": ("sub", False), "Mul": ("mul", True), "Div": ("div", False)}

RULES: Mapping[tuple[str, str], Callable[[Node], Parts]] = {
    **{("ai.onnx", op): _mapped(function) for op, function in _ACTIVATIONS.items()},
    ("com.microsoft", "Gelu"): _mapped("gelu"),
    **{("ai.onnx", op): _combined(kind, commutes=both) for op, (kind, both) in _COMBINED.items()},
    ("com.microsoft", "BiasGelu"): _combined("add", commutes=False, activation="gelu"),
    ("ai.onnx", "MatMul"): _matmul,
    ("com.microsoft", "FusedMatMul"): _matmul,
    ("ai.onnx", "Gemm"): _gemm,
    ("com.microsoft", "FusedGemm"): _gemm,
    ("ai.onnx", "Conv"): _conv,
    ("com.microsoft", "FusedConv"): _conv,
    ("ai.onnx", "Softmax"): _softmax,
    ("ai.onnx", "LayerNormalization"): _layer_norm,
    ("com.microsoft", "SkipLayerNormalization"): _skip_layer_norm,
    ("ai.onnx", "MaxPool"): _max_pool,
    ("ai.onnx", "GlobalAveragePool"): _global_average,
    ("ai.onnx", "Transpose"): _transpose,
}
