"""Which nodes of the common graph have twins, and which loop nests these are. Pure."""

import math
from collections.abc import Iterable, Mapping
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
_MIXED = frozenset({"Clip", "LayerNormalization", "SkipLayerNormalization"})
"""Whose further outputs and bounds are counted or not; what is timed is f32 in every model."""


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
    size_bytes = max(sum(family_of(part).buffers(part)) for part in parts)
    if size_bytes > _MOST_BYTES:
        why = f"its buffers take {numbers.size(size_bytes)}"
        return TwinNode(name=proto.name, op_type=proto.op_type, parts=(), why=why)
    return TwinNode(name=proto.name, op_type=proto.op_type, parts=tuple(key_of(part) for part in parts))


def _parts(
    proto: onnx.NodeProto, known: Mapping[str, Shape], weights: Mapping[str, Shape], row: NodeCensus | None
) -> Parts:
    rule = _rules().get((proto.domain or "ai.onnx", proto.op_type))
    if rule is None:
        raise NoTwinError("no twin is written for this operator")
    touched = [name for name in (*dict.fromkeys(proto.input), *proto.output) if name]
    if row is None or row.bytes is None or not all(name in known for name in touched):
        raise NoTwinError("a shape around it is not known")
    if not all(math.prod(known[name]) for name in touched):
        raise NoTwinError("a tensor around it is empty")
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


@cache
def _rules() -> dict[tuple[str, str], Rule]:
    """Of every kind of operator."""
    return {
        operator: rule
        for kind in registry.load(gapprof.yardstick.rules, "RULES").values()
        for operator, rule in kind.by_operator.items()
    }
