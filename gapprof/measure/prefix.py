"""The first nodes of a model as a model of their own, in a file beside it while it is needed.

It takes the model's inputs, and gives what the nodes after them would have taken, or the caller. Weights
outside of the model's file stay where they are.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import onnx
from onnx import numpy_helper

from gapprof.parting.graph import Graph

_NOTHING = numpy_helper.from_array(np.zeros(1, np.float32), "nothing of the model's own")
"""A model must give something: of nodes whose outputs nobody takes, or of none, this constant."""

_LENGTH_DELIMITED = 2


@contextmanager
def first_nodes(model: onnx.ModelProto, graph: Graph, count: int, folder: Path) -> Iterator[Path]:
    """The file. `graph` is the model's; `folder` holds its external data, and keeps nothing of this."""
    handle, name = tempfile.mkstemp(prefix="first-nodes-", suffix=".onnx", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(model, graph, count, file)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(model: onnx.ModelProto, graph: Graph, count: int, file: IO[bytes]) -> None:
    """Weights one at a time, so that none but the largest is held twice: of messages one after the other
    protobuf makes one, repeated fields put together."""
    whole = model.graph
    taken = {name for maker in graph.makers[:count] for name in maker.inputs}
    weights = {weight.name for weight in whole.initializer}
    part = onnx.ModelProto(
        ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions
    )
    part.graph.name = whole.name
    part.graph.node.extend(whole.node[:count])
    # Up to IR version 3 every weight is an input as well; without its values it would have to be given.
    part.graph.input.extend(port for port in whole.input if port.name in taken or port.name not in weights)
    part.graph.sparse_initializer.extend(one for one in whole.sparse_initializer if one.values.name in taken)
    ports = {port.name: port for port in (*whole.value_info, *whole.output)}
    given = _given(model, graph, count)
    part.graph.output.extend(ports.get(name) or onnx.ValueInfoProto(name=name) for name in given)
    if not given:
        part.graph.initializer.append(_NOTHING)
        part.graph.output.add(name=_NOTHING.name)
    file.write(part.SerializeToString())
    for weight in whole.initializer:
        if weight.name in taken:
            value = weight.SerializeToString()
            inner = _header(onnx.GraphProto.DESCRIPTOR.fields_by_name["initializer"].number, len(value))
            graph_field = onnx.ModelProto.DESCRIPTOR.fields_by_name["graph"].number
            file.write(_header(graph_field, len(inner) + len(value)) + inner)
            file.write(value)


def _header(field: int, size_bytes: int) -> bytes:
    """Of a message within a message, on the wire: https://protobuf.dev/programming-guides/encoding."""
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(size_bytes)


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*groups, value))


def _given(model: onnx.ModelProto, graph: Graph, count: int) -> list[str]:
    wanted = {port.name for port in model.graph.output}
    wanted.update(name for maker in graph.makers[count:] for name in maker.inputs)
    return [name for maker in graph.makers[:count] for name in maker.outputs if name in wanted]
