"""Small models for tests, drawn in one call."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from gapprof.records.subject import StagedModel
from gapprof.subject.sketch import IR_VERSION, OPSET

X = ("x", TensorProto.FLOAT, (2, 3))


def drawn(
    nodes: Sequence[onnx.NodeProto],
    *,
    inputs: Sequence[tuple[str, int, Sequence[int | str | None]]] = (X,),
    output: str = "y",
    weights: Mapping[str, np.ndarray] | None = None,
) -> onnx.ModelProto:
    """A model of these nodes with one output of unstated type."""
    graph = helper.make_graph(
        nodes,
        "drawn",
        [helper.make_tensor_value_info(*value) for value in inputs],
        [onnx.ValueInfoProto(name=output)],
        [numpy_helper.from_array(values, name) for name, values in (weights or {}).items()],
    )
    graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def relu(name: str = "relu", source: str = "x", target: str = "y") -> onnx.NodeProto:
    """The smallest node there is."""
    return helper.make_node("Relu", [source], [target], name=name)


def saved(model: onnx.ModelProto, path: Path) -> Path:
    """The model as a file, whatever it holds."""
    path.write_bytes(model.SerializeToString())
    return path


def with_external_data(folder: Path) -> StagedModel:
    """A product and a sum whose two constants, one of them a node's attribute, lie beside the file."""
    constant = numpy_helper.from_array(np.ones((2, 4), np.float32), "one")
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"], name="m"),
        helper.make_node("Constant", [], ["c"], name="c", value=constant),
        helper.make_node("Add", ["m", "c"], ["y"], name="a"),
    ]
    model = drawn(nodes, weights={"w": np.arange(12, dtype=np.float32).reshape(3, 4)})
    folder.mkdir()
    onnx.save_model(
        model,
        folder / "m.onnx",
        save_as_external_data=True,
        location="m.data",
        size_threshold=0,
        convert_attribute=True,
    )
    return StagedModel(path=folder / "m.onnx", external_data=("m.data",))


def nested(depth: int) -> bytes:
    """If inside If, `depth` graphs in all, as bytes: the protobuf library builds no deep messages."""
    node = relu().SerializeToString()
    for level in range(depth - 1):
        attribute = onnx.AttributeProto(name="then_branch", type=onnx.AttributeProto.GRAPH)
        inner = attribute.SerializeToString() + _field(6, _field(1, node))
        outer = onnx.NodeProto(op_type="If", name=f"if_{level}", input=["c"], output=["y"])
        node = outer.SerializeToString() + _field(5, inner)
    frame = onnx.ModelProto(ir_version=IR_VERSION, opset_import=[helper.make_opsetid("", OPSET)])
    return frame.SerializeToString() + _field(7, _field(1, node))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content
