"""A whole model as one wasm program: outputs as native onnxruntime's, memory given back, refusals by name."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from gapprof.engine import Engine
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.records.subject import StagedModel
from gapprof.yardstick.node import NoTwinError
from tests.unit.conftest import OfTheZoo
from tests.unit.yardstick.programs import native, opened, run, saved, written


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
def test_a_model_of_the_zoo_gives_what_native_gives(
    model: str, machine: Machine, of_the_zoo: OfTheZoo, engine: Engine, tmp_path: Path
) -> None:
    subject = of_the_zoo(model)
    wanted, found = native(subject), run(written(subject, machine), tmp_path, engine, times=2)
    assert len(wanted) == len(found)
    for one, other in zip(found.values(), wanted, strict=True):
        np.testing.assert_allclose(one, other.reshape(one.shape), atol=2e-5 * np.abs(other).max())


def test_memory_of_what_nobody_reads_any_more_is_used_again(of_the_zoo: OfTheZoo) -> None:
    subject = of_the_zoo("resnet20")
    made = written(subject)
    assert isinstance(subject.common, StagedModel)
    activations = sum(4 * math.prod(shape) for node in subject.facts.nodes for shape in node.output_shapes)
    weights = 4 * subject.facts.parameters
    assert made.memory_bytes < weights + activations


def test_every_kind_of_step_gives_what_native_gives(engine: Engine, tmp_path: Path) -> None:
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
    path = saved(tmp_path / "m.onnx", nodes, weights, [1, 6, 8, 8])
    model = onnx.load(path)
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 6, 16], np.int64), "rows"))
    onnx.save(model, path)
    subject = opened(path, tmp_path / "work")
    (wanted,) = native(subject)
    (found,) = run(written(subject), tmp_path, engine).values()
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
    path = saved(tmp_path / "m.onnx", [node], {"w": np.ones((4, 4))} if "w" in node.input else {}, [4, 4])
    subject = opened(path, tmp_path / "work")
    with pytest.raises(NoTwinError, match=why):
        written(subject)
