"""Which nodes of the common graph have twins, and which loop nests these are. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import onnx
from onnx import numpy_helper

import gapprof.yardstick.rules
from gapprof import registry
from gapprof.kernels.family import F32
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.text import numbers
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, Shape
from gapprof.yardstick.shapes import family_of, key_of

_MOST_BYTES = 512 << 20
"""Of one loop nest; a page's memory has to hold it beside what others read."""
_TYPES: dict[int, str] = {
    onnx.TensorProto.FLOAT: "f32",
    onnx.TensorProto.INT8: "i8",
    onnx.TensorProto.UINT8: "u8",
}
_NAMED = {"float32": "f32", "int8": "i8", "uint8": "u8"}
_OTHER = "other"
_MOST_NUMBERS = 64
_NARROW = 64
"""Bytes between its negative and itself have 7 bits."""
_MIXED = frozenset(
    {"Clip", "LayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization"}
)
"""Whose further outputs and bounds are counted or not; what is timed is f32 in every model."""
_EMPTY_IS_ABSENT = frozenset({"Resize"})
"""Whose options are left out by weights without an element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known of the tensors of a graph, by name."""

    shapes: Mapping[str, Shape]
    weights: frozenset[str]
    numbers: Mapping[str, tuple[int, ...]]
    """What the weights hold that are a few int64."""
    narrow: frozenset[str]
    """Weights of i8 that keep to 7 bits."""
    types: Mapping[str, str]
    """`f32`, `i8`, `u8`, or `other`."""
    census: Mapping[str, NodeCensus]
    """By the name of the node."""


def covered(
    graph: onnx.GraphProto, inputs: Sequence[TensorSpec], census: Iterable[NodeCensus]
) -> tuple[TwinNode, ...]:
    """Every node, with its twins or why it has none."""
    around = _around(graph, inputs, {row.name: row for row in census})
    return tuple(_twin(proto, around) for proto in graph.node)


def seen(
    graph: onnx.GraphProto, inputs: Sequence[TensorSpec], census: Iterable[NodeCensus], name: str
) -> Node:
    """The node of that name as rules see it. KeyError where a shape around it is not known."""
    around = _around(graph, inputs, {row.name: row for row in census})
    return _node(next(proto for proto in graph.node if proto.name == name), around)


def _around(
    graph: onnx.GraphProto, inputs: Sequence[TensorSpec], census: Mapping[str, NodeCensus]
) -> _Around:
    shapes: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    shapes |= {spec.name: spec.shape for spec in inputs}
    types = {tensor.name: _TYPES.get(tensor.data_type, _OTHER) for tensor in graph.initializer}
    types |= {spec.name: _NAMED.get(spec.dtype, _OTHER) for spec in inputs}
    for proto in graph.node:
        made = [name for name in proto.output if name]
        row = census.get(proto.name)
        if row is not None and len(row.output_shapes) == len(row.output_dtypes) == len(made):
            shapes.update(zip(made, row.output_shapes, strict=True))
            kinds = (_NAMED.get(dtype, _OTHER) for dtype in row.output_dtypes)
            types.update(zip(made, kinds, strict=True))
    return _Around(
        shapes=shapes,
        weights=frozenset(tensor.name for tensor in graph.initializer),
        numbers={
            tensor.name: tuple(int(one) for one in numpy_helper.to_array(tensor).ravel())
            for tensor in graph.initializer
            if tensor.data_type == onnx.TensorProto.INT64 and math.prod(tensor.dims) <= _MOST_NUMBERS
        },
        narrow=frozenset(tensor.name for tensor in graph.initializer if _is_narrow(tensor)),
        types=types,
        census=census,
    )


def _is_narrow(tensor: onnx.TensorProto) -> bool:
    """Not told of weights that lie in another file."""
    if tensor.data_type != onnx.TensorProto.INT8 or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return False
    values = numpy_helper.to_array(tensor)
    return bool(values.size) and bool(values.min() >= -_NARROW) and bool(values.max() < _NARROW)


def _twin(proto: onnx.NodeProto, around: _Around) -> TwinNode:
    try:
        parts = _parts(proto, around)
    except NoTwinError as reason:
        return TwinNode(name=proto.name, op_type=proto.op_type, parts=(), why=str(reason))
    return TwinNode(name=proto.name, op_type=proto.op_type, parts=tuple(key_of(part) for part in parts))


def _parts(proto: onnx.NodeProto, around: _Around) -> Parts:
    """Raises NoTwinError."""
    operator = (proto.domain or "ai.onnx", proto.op_type)
    rules = [rules for rules in _rules() if operator in rules.by_operator]
    if not rules:
        raise NoTwinError("no twin is written for this operator")
    shapes, row = around.shapes, around.census.get(proto.name)
    if proto.op_type in _EMPTY_IS_ABSENT:
        proto = _without_empty_weights(proto, around)
    touched = [name for name in (*dict.fromkeys(proto.input), *proto.output) if name]
    if row is None or row.bytes is None or not all(name in shapes for name in touched):
        raise NoTwinError("a shape around it is not known")
    if not all(math.prod(shapes[name]) for name in touched):
        raise NoTwinError("a tensor around it is empty")
    size = F32 * sum(math.prod(shapes[name]) for name in touched)
    floats = all(around.types.get(name) == "f32" for name in touched)
    floats = floats and (row.bytes == size or proto.op_type in _MIXED)
    fitting = next((one for one in rules if floats or not one.floats), None)
    if fitting is None:
        raise NoTwinError("not all of its tensors are f32")
    parts = fitting.by_operator[operator](_node(proto, around))
    size_bytes = max(sum(family_of(part).buffers(part)) for part in parts)
    if size_bytes > _MOST_BYTES:
        raise NoTwinError(f"its buffers take {numbers.size(size_bytes)}")
    return parts


def _node(proto: onnx.NodeProto, around: _Around) -> Node:
    """Of one whose shapes are known."""
    shapes = around.shapes
    return Node(
        proto=proto,
        inputs=tuple(shapes[name] if name else None for name in proto.input),
        types=tuple(around.types.get(name, _OTHER) for name in proto.input),
        numbers=tuple(around.numbers.get(name) for name in proto.input),
        narrow=tuple(name in around.narrow for name in proto.input),
        outputs=tuple(shapes[name] for name in proto.output if name),
        constant=tuple(name in around.weights for name in proto.input),
    )


def _without_empty_weights(proto: onnx.NodeProto, around: _Around) -> onnx.NodeProto:
    """The same node with those slots left empty."""
    copy = onnx.NodeProto()
    copy.CopyFrom(proto)
    for number, name in enumerate(proto.input):
        if name in around.weights and not math.prod(around.shapes[name]):
            copy.input[number] = ""
    return copy


@cache
def _rules() -> tuple[Rules, ...]:
    """Of every kind of operator, those for f32 first."""
    found = registry.load(gapprof.yardstick.rules, "RULES").values()
    return tuple(sorted(found, key=lambda one: not one.floats))
