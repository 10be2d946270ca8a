"""A whole model as one wasm program: outputs as native onnxruntime's, memory given back, refusals by name."""

import base64
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from gapprof import assets
from gapprof.engine import running
from gapprof.guard import Guard
from gapprof.kernels.family import Tile
from gapprof.kernels.ir import repeated
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.kernels.wasm.module import program as program_module
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.wire import KernelCase, KernelsTask, KernelsTimed
from gapprof.subject.open import open_subject
from gapprof.yardstick.cover import covered
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.program import Program, program
from gapprof.yardstick.shapes import family_of, shape_of


def written(subject: Subject, machine: Machine = WASM) -> Program:
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path)).graph
    nodes = {node.name: node for node in covered(graph, subject.facts.inputs, subject.facts.nodes)}

    def chosen(key: str) -> tuple[Machine, Tile]:
        shape = shape_of(key)
        return machine, family_of(shape).tiles(shape, machine)[-1]

    with np.load(subject.inputs_path) as inputs:
        return program(graph, subject.facts, nodes, dict(inputs), chosen)


def run(made: Program, folder: Path, *, times: int = 1) -> dict[str, Any]:
    """Each output after so many runs on the same memory."""
    image = folder / "image.bin"
    image.write_bytes(made.image)
    case = KernelCase(
        module=base64.b64encode(program_module(made.kernels, made.calls, "model")).decode(),
        export=repeated("model"),
        calls=((),),
        samples=0,
    )
    places = list(made.outputs.values())
    task = KernelsTask(
        memory_bytes=made.memory_bytes,
        image_url=image.as_uri(),
        seed=0,
        data=(),
        cases=(case,) * times,
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=tuple((offset, 4 * math.prod(shape)) for offset, shape in places),
    )
    script = assets.probes_web() / "engine.mjs"
    with Guard() as guard, running(assets.node(), script, guard=guard) as engine:
        answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 60)
    return {
        name: np.frombuffer(base64.b64decode(one.base64), np.float32).reshape(shape)
        for (name, (_, shape)), one in zip(made.outputs.items(), answer.shown, strict=True)
    }


def native(subject: Subject) -> list[Any]:
    assert isinstance(subject.common, StagedModel)
    session = onnxruntime.InferenceSession(str(subject.common.path))
    with np.load(subject.inputs_path) as inputs:
        return list(session.run(None, dict(inputs)))


@pytest.mark.parametrize(
    ("model", "machine"),
    [
        ("resnet20", WASM),
        ("resnet20", WASM_RELAXED),
        ("mobilenetv2", WASM_RELAXED),
        ("squeezenet", WASM),
        ("bert-small", WASM_RELAXED),
    ],
)
def test_a_model_of_the_zoo_gives_what_native_gives(model: str, machine: Machine, tmp_path: Path) -> None:
    subject = open_subject(f"zoo:{model}", shapes={}, inputs=None, seed=0, workdir=tmp_path)
    wanted, found = native(subject), run(written(subject, machine), tmp_path, times=2)
    assert len(wanted) == len(found)
    for one, other in zip(found.values(), wanted, strict=True):
        np.testing.assert_allclose(one, other.reshape(one.shape), atol=2e-5 * np.abs(other).max())


def test_memory_of_what_nobody_reads_any_more_is_used_again(tmp_path: Path) -> None:
    subject = open_subject("zoo:resnet20", shapes={}, inputs=None, seed=0, workdir=tmp_path)
    made = written(subject)
    assert isinstance(subject.common, StagedModel)
    activations = sum(4 * math.prod(shape) for node in subject.facts.nodes for shape in node.output_shapes)
    weights = 4 * subject.facts.parameters
    assert made.memory_bytes < weights + activations


def _saved(path: Path, nodes: list[Any], weights: dict[str, Any], shape: list[int]) -> Path:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            onnx.numpy_helper.from_array(np.asarray(value, np.float32), name)
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def test_every_kind_of_step_gives_what_native_gives(tmp_path: Path) -> None:
    """A border of the lowest number, products of both kinds, norms, broadcasts, views."""
    random = np.random.default_rng(8)
    nodes = [
        helper.make_node(
            "MaxPool", ["x"], ["p"], name="pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4
        ),
        helper.make_node("Reshape", ["p", "rows"], ["r"], name="view"),
        helper.make_node("MatMul", ["r", "w"], ["m"], name="product"),
        helper.make_node("Add", ["b", "m"], ["a"], name="bias"),
        helper.make_node("LayerNormalization", ["a", "scale", "shift"], ["n"], name="norm", axis=-1),
        helper.make_node("Transpose", ["n"], ["t"], name="turn", perm=[0, 2, 1]),
        helper.make_node("MatMul", ["n", "t"], ["q"], name="square"),
        helper.make_node("Softmax", ["q"], ["s"], name="shares", axis=-1),
        helper.make_node("Sub", ["s", "one"], ["d"], name="less"),
        helper.make_node("Tanh", ["d"], ["y"], name="bend"),
    ]
    weights = {
        "w": random.standard_normal((16, 12)),
        "b": random.standard_normal(12),
        "scale": random.standard_normal(12),
        "shift": random.standard_normal(12),
        "one": [0.5],
    }
    path = _saved(tmp_path / "m.onnx", nodes, weights, [1, 6, 8, 8])
    model = onnx.load(path)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 6, 16], np.int64), "rows"))
    onnx.save(model, path)
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    (wanted,) = native(subject)
    (found,) = run(written(subject), tmp_path).values()
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (helper.make_node("Sin", ["x"], ["y"], name="wave"), "wave: no twin is written"),
        (helper.make_node("Gemm", ["x", "w"], ["y"], name="scaled", alpha=0.5), "scaled: it scales"),
        (helper.make_node("ReduceSum", ["x"], ["y"], name="sum"), "sum: the axes|sum: its twin is a mean"),
    ],
)
def test_what_our_kernels_do_not_do_exactly_is_refused_by_name(node: Any, why: str, tmp_path: Path) -> None:
    path = _saved(tmp_path / "m.onnx", [node], {"w": np.ones((4, 4))} if "w" in node.input else {}, [4, 4])
    subject = open_subject(str(path), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    with pytest.raises(NoTwinError, match=why):
        written(subject)
