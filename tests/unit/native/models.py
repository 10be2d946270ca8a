"""Small models, their inputs and a chain, in a folder like a run's own."""

from pathlib import Path

import numpy as np
import onnx
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

from gapprof.records.job import Job, Pace
from gapprof.subject.chain import write_dispatch_chain
from tests.settings import QUIET

CHAIN_NODES = 64
LAYERS = 3


def value(name: str, shape: list[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(graph: onnx.GraphProto, path: Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def _perceptron(path: Path) -> None:
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for i in range(LAYERS):
        weight = (rng.standard_normal((128, 128)) / 11).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"w{i}"))
        nodes.append(helper.make_node("MatMul", [last, f"w{i}"], [f"m{i}"], name=f"mul{i}"))
        nodes.append(helper.make_node("Tanh", [f"m{i}"], [f"t{i}"], name=f"tanh{i}"))
        last = f"t{i}"
    nodes.append(helper.make_node("Identity", [last], ["file"], name="out"))
    graph = helper.make_graph(nodes, "g", [value("x", [64, 128])], [value("file", [64, 128])], weights)
    save(graph, path)


def plain_job(folder: Path) -> Job:
    """A visit of a plain native rung: one thread, no ceiling, a graph that is run as it is."""
    _perceptron(folder / "model.onnx")
    np.savez(folder / "inputs.npz", x=np.random.default_rng(1).standard_normal((64, 128), dtype=np.float32))
    return Job(
        rung="native-extended",
        round=3,
        seed=0,
        setting=replace(QUIET, backend="native"),
        model_path=str(folder / "model.onnx"),
        external_data=(),
        optimise=False,
        inputs_path=str(folder / "inputs.npz"),
        outputs_path=str(folder / "outputs.npz"),
        pace=Pace(
            warmup_ms=20.0,
            warmup_runs=5,
            batch=4,
            samples=5,
            requests=0,
            think_ms=(0.0, 0.0),
            deadline_s=60.0,
        ),
        chain=write_dispatch_chain(folder, CHAIN_NODES),
    )
