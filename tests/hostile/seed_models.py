"""Sound models from which broken ones are made: each as small as its kind allows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.unit.subject.drawing import drawn, relu, saved

SHAPE = (2, 3)


def _plain(_: Path) -> onnx.ModelProto:
    return drawn([relu()])


def _with_external_data(folder: Path) -> onnx.ModelProto:
    """Half of a file that lies beside the model."""
    weights = np.ones(6, np.float32)
    (folder / "w.bin").write_bytes(weights.tobytes())
    model = drawn([helper.make_node("Mul", ["x", "w"], ["y"], name="mul")])
    tensor = model.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=(3,))
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "w.bin"), ("offset", "12"), ("length", "12")):
        tensor.external_data.add(key=key, value=value)
    return model


def _with_branches(_: Path) -> onnx.ModelProto:
    """Which of two graphs runs is known only when it runs."""
    branches = {
        f"{word}_branch": helper.make_graph(
            [helper.make_node(operator, ["x"], [word], name=word)],
            word,
            [],
            [helper.make_tensor_value_info(word, TensorProto.FLOAT, SHAPE)],
        )
        for word, operator in (("then", "Relu"), ("else", "Neg"))
    }
    nodes = [
        helper.make_node("ReduceSum", ["x"], ["sum"], name="sum", keepdims=0),
        helper.make_node("Greater", ["sum", "zero"], ["positive"], name="greater"),
        helper.make_node("If", ["positive"], ["y"], name="if", **branches),
    ]
    return drawn(nodes, weights={"zero": np.zeros((), np.float32)})


def _quantised(_: Path) -> onnx.ModelProto:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "xs", "z"], ["q"], name="quantise"),
        helper.make_node(
            "QLinearMatMul", ["q", "xs", "z", "w", "ws", "wz", "ys", "z"], ["p"], name="product"
        ),
        helper.make_node("DequantizeLinear", ["p", "ys", "z"], ["y"], name="dequantise"),
    ]
    weights = {
        "xs": np.array(0.05, np.float32),
        "z": np.array(128, np.uint8),
        "w": np.array([[1, -2], [3, 4], [-5, 6]], np.int8),
        "ws": np.array(0.1, np.float32),
        "wz": np.array(0, np.int8),
        "ys": np.array(0.2, np.float32),
    }
    return drawn(nodes, weights=weights)


KINDS: Mapping[str, Callable[[Path], onnx.ModelProto]] = {
    "plain": _plain,
    "external-data": _with_external_data,
    "branches": _with_branches,
    "quantised": _quantised,
}


def sound_models(folder: Path) -> tuple[Path, ...]:
    """One model of each kind, each in a folder of its own with whatever belongs to it."""
    paths = []
    for kind, model_in in KINDS.items():
        (folder / kind).mkdir()
        paths.append(saved(model_in(folder / kind), folder / kind / "sound.onnx"))
    return tuple(paths)
