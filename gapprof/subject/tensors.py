"""Tensors of a model: where they are, and whether what they declare is possible."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import onnx

from gapprof.errors import ModelUnusable
from gapprof.subject import limits
from gapprof.subject.visible import shortened

BITS: Mapping[int, int] = {
    onnx.TensorProto.FLOAT: 32,
    onnx.TensorProto.UINT8: 8,
    onnx.TensorProto.INT8: 8,
    onnx.TensorProto.UINT16: 16,
    onnx.TensorProto.INT16: 16,
    onnx.TensorProto.INT32: 32,
    onnx.TensorProto.INT64: 64,
    onnx.TensorProto.BOOL: 8,
    onnx.TensorProto.FLOAT16: 16,
    onnx.TensorProto.DOUBLE: 64,
    onnx.TensorProto.UINT32: 32,
    onnx.TensorProto.UINT64: 64,
    onnx.TensorProto.COMPLEX64: 64,
    onnx.TensorProto.COMPLEX128: 128,
    onnx.TensorProto.BFLOAT16: 16,
    onnx.TensorProto.FLOAT8E4M3FN: 8,
    onnx.TensorProto.FLOAT8E4M3FNUZ: 8,
    onnx.TensorProto.FLOAT8E5M2: 8,
    onnx.TensorProto.FLOAT8E5M2FNUZ: 8,
    onnx.TensorProto.UINT4: 4,
    onnx.TensorProto.INT4: 4,
    onnx.TensorProto.FLOAT4E2M1: 4,
    onnx.TensorProto.FLOAT8E8M0: 8,
    onnx.TensorProto.UINT2: 2,
    onnx.TensorProto.INT2: 2,
}
"""Bits of one element; strings have no fixed size and are not listed."""


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and everything inside it."""
    yield graph
    yield from graphs_in_nodes(graph.node)


def graphs_in_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.GraphProto]:
    """Graphs held by attributes of nodes, and everything inside them."""
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_graphs(attribute.g)
            for graph in attribute.graphs:
                yield from all_graphs(graph)


def all_nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    """Nodes of the model, its subgraphs and its functions."""
    for graph in _graphs(model):
        yield from graph.node
    for function in model.functions:
        yield from function.node


def all_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Every constant tensor, wherever it may stand."""
    for graph in _graphs(model):
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield sparse.values
            yield sparse.indices
    for node in all_nodes(model):
        for attribute in node.attribute:
            yield from _attribute_tensors(attribute)
    for function in model.functions:
        for attribute in function.attribute_proto:
            yield from _attribute_tensors(attribute)


def declared_bytes(tensor: onnx.TensorProto) -> int:
    """Size of a tensor's values as its type and shape declare it; raises ModelUnusable for the impossible."""
    elements = element_count(tensor.dims, tensor.name)
    bits = BITS.get(tensor.data_type)
    if bits is None:
        if tensor.data_type == onnx.TensorProto.STRING:
            return sum(len(value) for value in tensor.string_data)
        raise ModelUnusable(
            f"tensor {tensor.name!r} has the unknown element type {tensor.data_type}",
            hint="Export the model with a released version of ONNX.",
        )
    size_bytes = (elements * bits + 7) // 8
    if size_bytes > limits.TENSOR_BYTES:
        raise absurd(tensor.name, f"{elements:,} elements, {size_bytes / 2**30:,.0f} GiB")
    return size_bytes


def element_count(dims: Sequence[int], name: str) -> int:
    """Product of the dimensions, in Python's unbounded integers; raises ModelUnusable for a negative one."""
    if len(dims) > limits.RANK:
        raise absurd(name, f"{len(dims)} dimensions")
    if any(dim < 0 for dim in dims):
        raise absurd(name, f"a negative dimension in {list(dims)}")
    return math.prod(dims)


def absurd(name: str, what: str) -> ModelUnusable:
    """The refusal of a tensor whose declared shape cannot be."""
    return ModelUnusable(
        f"tensor {shortened(name)} declares {what}",
        hint="The file is damaged or made to do harm; export the model again.",
    )


def text(value: str | bytes) -> str:
    """A string of the model; the protobuf library hands out bytes where it is no UTF-8, which is refused."""
    if isinstance(value, bytes):
        raise ModelUnusable(
            f"the model holds a name that is not text: {value[:40]!r}",
            hint="The file is damaged or made to do harm; export the model again.",
        )
    return value


def _graphs(model: onnx.ModelProto) -> Iterator[onnx.GraphProto]:
    yield from all_graphs(model.graph)
    for function in model.functions:
        yield from graphs_in_nodes(function.node)


def _attribute_tensors(attribute: onnx.AttributeProto) -> Iterator[onnx.TensorProto]:
    if attribute.HasField("t"):
        yield attribute.t
    yield from attribute.tensors
    if attribute.HasField("sparse_tensor"):
        yield attribute.sparse_tensor.values
        yield attribute.sparse_tensor.indices
    for sparse in attribute.sparse_tensors:
        yield sparse.values
        yield sparse.indices
