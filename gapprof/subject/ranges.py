"""How large an index input may be: the rows of the tables that it looks up, found by following the graph."""

from collections.abc import Iterable, Iterator

import onnx

_PASSES_VALUES = frozenset(
    {"Cast", "Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten", "Expand", "Transpose"}
)
_KEEPS_TABLE = frozenset({"Cast", "Identity", "DequantizeLinear", "QuantizeLinear"})
_MAX_STEPS = 64


def table_rows(graph: onnx.GraphProto, name: str) -> int | None:
    """Rows of the smallest constant table that input `name` indexes; None where it indexes none."""
    consumers: dict[str, list[onnx.NodeProto]] = {}
    producers: dict[str, onnx.NodeProto] = {}
    for node in graph.node:
        for tensor in node.input:
            consumers.setdefault(tensor, []).append(node)
        for tensor in node.output:
            producers[tensor] = node
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    rows = _rows(_carriers(name, consumers), consumers, producers, shapes)
    return min(rows, default=None)


def _carriers(name: str, consumers: dict[str, list[onnx.NodeProto]]) -> list[str]:
    """Tensors that hold the same values as `name`, only in another shape or type."""
    found = [name]
    for tensor in found:
        for node in consumers.get(tensor, ()):
            if node.op_type in _PASSES_VALUES and node.input[0] == tensor and node.output[0] not in found:
                found.append(node.output[0])
    return found


def _rows(
    carriers: Iterable[str],
    consumers: dict[str, list[onnx.NodeProto]],
    producers: dict[str, onnx.NodeProto],
    shapes: dict[str, tuple[int, ...]],
) -> Iterator[int]:
    for tensor in carriers:
        for node in consumers.get(tensor, ()):
            for table, axis in _lookups(node, tensor):
                shape = _table_shape(table, producers, shapes)
                if shape and -len(shape) <= axis < len(shape):
                    yield shape[axis]


def _lookups(node: onnx.NodeProto, index: str) -> Iterator[tuple[str, int]]:
    """Tables, each with its axis, that a node looks up with `index`."""
    inputs = list(node.input)
    if node.op_type in ("Gather", "GatherElements", "GatherBlockQuantized") and inputs[1:2] == [index]:
        axis = next((a.i for a in node.attribute if a.name in ("axis", "gather_axis")), 0)
        yield inputs[0], axis
    if node.op_type == "EmbedLayerNormalization":
        yield from ((inputs[2 + 2 * at], 0) for at, name in enumerate(inputs[:2]) if name == index)


def _table_shape(
    table: str, producers: dict[str, onnx.NodeProto], shapes: dict[str, tuple[int, ...]]
) -> tuple[int, ...] | None:
    """Shape of the constant behind a table, through a change of its type."""
    for _ in range(_MAX_STEPS):
        if table in shapes:
            return shapes[table]
        node = producers.get(table)
        if node is None:
            return None
        if node.op_type == "Constant":
            return next((tuple(a.t.dims) for a in node.attribute if a.name == "value"), None)
        if node.op_type not in _KEEPS_TABLE:
            return None
        table = node.input[0]
    return None
