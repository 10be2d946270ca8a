"""Which nodes of the common graph have twins, and which loop nests these are. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import onnx

import gapprof.yardstick.rules
from gapprof import registry
from gapprof.kernels.family import F32
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.text import numbers
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rule, Shape
from gapprof.yardstick.shapes import family_of, key_of

_MOST_BYTES = 512 << 20
"""Of one loop nest; a page's memory has to hold it beside what others read."""
# fmt: off
_WHOLE_NUMBERS = frozenset(
    (
        "Shape", "Size", "ArgMax", "ArgMin", "NonZero", "Equal", "Less", "Greater", "LessOrEqual",
        "GreaterOrEqual", "And", "Or", "Not",
    )
)
_AS_GIVEN = frozenset(
    (
        "Reshape", "Transpose", "Gather", "Slice", "Concat", "Unsqueeze", "Squeeze", "Expand", "Tile",
        "Identity", "Flatten", "Split", "Pad", "Add", "Sub", "Mul", "Div", "Mod", "Neg", "Abs", "Max",
        "Min", "Clip", "Relu", "Range", "ReduceSum", "ReduceMax", "ReduceMin", "CumSum",
    )
)
# fmt: on
"""Whose results have the type of what they are given first."""
_MIXED = frozenset({"Clip", "LayerNormalization", "SkipLayerNormalization"})
"""Whose further outputs and bounds are counted or not; what is timed is f32 in every model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known of the tensors of a graph, by name."""

    shapes: Mapping[str, Shape]
    weights: frozenset[str]
    odd: frozenset[str]
    """Those that are not f32."""
    census: Mapping[str, NodeCensus]
    """By the name of the node."""


def covered(
    graph: onnx.GraphProto, inputs: Sequence[TensorSpec], census: Iterable[NodeCensus]
) -> tuple[TwinNode, ...]:
    """Every node, with its twins or why it has none."""
    around = _around(graph, inputs, {row.name: row for row in census})
    return tuple(_twin(proto, around) for proto in graph.node)


def _around(
    graph: onnx.GraphProto, inputs: Sequence[TensorSpec], census: Mapping[str, NodeCensus]
) -> _Around:
    shapes: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    shapes |= {spec.name: spec.shape for spec in inputs}
    odd = {tensor.name for tensor in graph.initializer if tensor.data_type != onnx.TensorProto.FLOAT}
    odd |= {spec.name for spec in inputs if spec.dtype != "float32"}
    for proto in graph.node:
        if _makes_no_f32(proto, odd):
            odd.update(proto.output)
        made = [name for name in proto.output if name]
        row = census.get(proto.name)
        if row is not None and len(row.output_shapes) == len(made):
            shapes.update(zip(made, row.output_shapes, strict=True))
    return _Around(
        shapes=shapes,
        weights=frozenset(tensor.name for tensor in graph.initializer),
        odd=frozenset(odd),
        census=census,
    )


def _makes_no_f32(node: onnx.NodeProto, odd: set[str]) -> bool:
    """Whether its results have another type; bytes alone do not tell i32 from f32."""
    if node.op_type == "Cast":
        return any(one.name == "to" and one.i != onnx.TensorProto.FLOAT for one in node.attribute)
    if node.op_type == "Where":
        return node.input[1] in odd
    return node.op_type in _WHOLE_NUMBERS or (node.op_type in _AS_GIVEN and node.input[0] in odd)


def _twin(proto: onnx.NodeProto, around: _Around) -> TwinNode:
    try:
        parts = _parts(proto, around)
    except NoTwinError as reason:
        return TwinNode(name=proto.name, op_type=proto.op_type, parts=(), why=str(reason))
    return TwinNode(name=proto.name, op_type=proto.op_type, parts=tuple(key_of(part) for part in parts))


def _parts(proto: onnx.NodeProto, around: _Around) -> Parts:
    """Raises NoTwinError."""
    rule = _rules().get((proto.domain or "ai.onnx", proto.op_type))
    if rule is None:
        raise NoTwinError("no twin is written for this operator")
    shapes, row = around.shapes, around.census.get(proto.name)
    touched = [name for name in (*dict.fromkeys(proto.input), *proto.output) if name]
    if row is None or row.bytes is None or not all(name in shapes for name in touched):
        raise NoTwinError("a shape around it is not known")
    if not all(math.prod(shapes[name]) for name in touched):
        raise NoTwinError("a tensor around it is empty")
    size = F32 * sum(math.prod(shapes[name]) for name in touched)
    if around.odd.intersection(touched) or (row.bytes != size and proto.op_type not in _MIXED):
        raise NoTwinError("not all of its tensors are f32")
    parts = rule(
        Node(
            proto=proto,
            inputs=tuple(shapes[name] if name else None for name in proto.input),
            output=shapes[proto.output[0]],
            constant=tuple(name in around.weights for name in proto.input),
        )
    )
    size_bytes = max(sum(family_of(part).buffers(part)) for part in parts)
    if size_bytes > _MOST_BYTES:
        raise NoTwinError(f"its buffers take {numbers.size(size_bytes)}")
    return parts


@cache
def _rules() -> dict[tuple[str, str], Rule]:
    """Of every kind of operator."""
    return {
        operator: rule
        for kind in registry.load(gapprof.yardstick.rules, "RULES").values()
        for operator, rule in kind.by_operator.items()
    }
