"""The common graph node by node: shapes, FLOPs and bytes."""

import math
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper

from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.subject.declared import DTYPES
from gapprof.subject.flops import NodeShapes, Shape, flops
from gapprof.subject.observe import Flow
from gapprof.subject.tensors import BITS

_BYTES = {
    "float": 4,
    "double": 8,
    "bfloat16": 2,
    **{name: np.dtype(name).itemsize for name in DTYPES},
}
"""By onnxruntime's and by numpy's name."""

_NUMPY = {"float": "float32", "double": "float64"}
"""Of onnxruntime's names, those that are not numpy's."""
_Known = tuple[Shape, int, str]
"""A shape, the bytes that a tensor of it takes, and numpy's name of its type."""


def census(
    graph: onnx.GraphProto, inputs: tuple[TensorSpec, ...], observed: Mapping[str, tuple[Flow, ...]]
) -> tuple[NodeCensus, ...]:
    """Every node of the main graph in file order; bodies of If, Loop and Scan count as their node."""
    known: dict[str, _Known] = {}
    for tensor in graph.initializer:
        shape = tuple(tensor.dims)
        size = (math.prod(shape) * BITS.get(tensor.data_type, 0) + 7) // 8
        known[tensor.name] = (shape, size, str(helper.tensor_dtype_to_np_dtype(tensor.data_type)))
    for spec in inputs:
        known[spec.name] = _sized(spec.dtype, spec.shape)
    for node in graph.node:
        flows = observed.get(node.name, ())
        made = [name for name in node.output if name]
        if len(flows) == len(made):
            known.update(
                (name, _sized(flow.dtype, flow.shape)) for name, flow in zip(made, flows, strict=True)
            )
    return tuple(_row(node, known) for node in graph.node)


def size_bytes(dtype: str, shape: Shape) -> int:
    """What a tensor takes; 0 for types that hold no numbers. `dtype`: onnxruntime's name, or numpy's."""
    return math.prod(shape) * _BYTES.get(dtype, 0)


def _row(node: onnx.NodeProto, known: Mapping[str, _Known]) -> NodeCensus:
    shapes = NodeShapes(
        node=node,
        inputs=tuple(known[name][0] if name in known else None for name in node.input),
        outputs=tuple(known[name][0] if name in known else None for name in node.output),
    )
    touched = [name for name in (*dict.fromkeys(node.input), *node.output) if name]
    complete = all(name in known for name in touched)
    return NodeCensus(
        name=node.name,
        op_type=node.op_type,
        domain=node.domain,
        flops=flops(shapes),
        bytes=sum(known[name][1] for name in touched) if complete else None,
        output_shapes=tuple(known[name][0] for name in node.output if name in known),
        output_dtypes=tuple(known[name][2] for name in node.output if name in known),
    )


def _sized(dtype: str, shape: Shape) -> _Known:
    return shape, size_bytes(dtype, shape), _NUMPY.get(dtype, dtype)
