import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from gapprof.errors import WrongUse
from gapprof.subject import zoo
from gapprof.subject.declared import declared_inputs
from gapprof.subject.dims import resolve
from gapprof.subject.flops import FORMULAS
from gapprof.subject.seeded import seeded_inputs

MILLIONS = {
    "bert-small": 11.17,
    "decoder-q4": 16.64,  # elements; two of the 23.15 million weights share one
    "decoder-small": 9.20,
    "efficientdet-d0": 3.95,  # 3.9 as published, where the maps share pointwise filters
    "int8-cnn": 11.71,
    "mobilebert": 24.58,
    "mobilenetv2": 3.49,
    "resnet20": 0.27,
    "resnet32": 0.466,
    "resnet44": 0.66,
    "resnet50": 25.56,
    "squeezenet": 1.24,
    "ssd-mobilenetv2": 4.49,  # 4.3 as published, where the smaller maps are not told
    "super-resolution": 1.59,  # 16.70 with all 23 blocks
    "t5-encoder": 35.33,
    "vgg16": 138.36,
    "yolov5n": 1.88,  # 1.87 as published; the grids of the head are constants here
}
"""Parameters as published, or counted where nobody published them, or where the file holds others."""
FOREIGN = {"decoder-q4": {"com.microsoft": 1}}
"""Operator sets beside ONNX's own."""
SMALL = ("int8-cnn", "resnet20", "squeezenet")
LARGE = ("mobilebert", "t5-encoder", "vgg16")
"""Of 25 to 138 million weights each; the reports of the study are of all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """A model of the zoo, built and parsed once for all tests: one of them has half a gigabyte."""

    name: str
    path: Path
    model: onnx.ModelProto


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.long) if name in LARGE else name for name in MILLIONS],
)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Built]:
    folder = tmp_path_factory.mktemp("zoo")
    path = zoo.build(request.param, folder)
    yield _Built(name=request.param, path=path, model=onnx.load(path, load_external_data=False))
    for file in folder.iterdir():
        file.unlink()


def _runs(built: _Built) -> list[list[NDArray[np.float32]]]:
    """The outputs for the inputs of two seeds."""
    resolved = resolve(declared_inputs(built.model), ())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(built.path, options, providers=["CPUExecutionProvider"])
    return [session.run(None, dict(seeded_inputs(built.model.graph, resolved, seed))) for seed in (0, 1)]


def test_the_zoo_has_what_the_contract_names() -> None:
    assert zoo.names() == tuple(MILLIONS)


def test_a_name_that_the_zoo_does_not_have_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no zoo model called 'resnet51'") as caught:
        zoo.build("resnet51", tmp_path)
    assert "resnet50" in caught.value.hint


def test_outputs_are_finite_and_depend_on_the_input(built: _Built) -> None:
    for first, second in zip(*_runs(built), strict=True):
        assert np.isfinite(first).all()
        assert first.std() > 0.01
        assert np.abs(first - second).max() > 0.05 * np.abs(first).max()


def test_versions_are_old_enough_for_every_runtime_and_nodes_are_named(built: _Built) -> None:
    model = built.model
    assert model.ir_version == 8
    domains = {opset.domain: opset.version for opset in model.opset_import}
    assert domains == {"": 17, **FOREIGN.get(built.name, {})}
    names = [node.name for node in model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    onnx.checker.check_model(built.path, full_check=True)


def test_every_operator_has_a_count_of_its_operations(built: _Built) -> None:
    operators = {(node.domain or "ai.onnx", node.op_type) for node in built.model.graph.node}
    assert operators <= set(FORMULAS)


def test_architectures_have_their_published_size(built: _Built) -> None:
    elements = sum(math.prod(tensor.dims) for tensor in built.model.graph.initializer)
    assert elements / 1e6 == pytest.approx(MILLIONS[built.name], rel=0.01)


@pytest.mark.parametrize("name", SMALL)
def test_the_same_name_is_always_the_same_bytes(tmp_path: Path, name: str) -> None:
    first, second = (zoo.build(name, tmp_path / folder).read_bytes() for folder in "ab")
    assert first == second


def test_external_data_is_the_same_again_in_the_same_place(tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        path = zoo.build("decoder-small", tmp_path)
        contents.append((path.read_bytes(), path.with_suffix(".data").read_bytes()))
    assert contents[0] == contents[1]


def test_int8_weights_keep_to_seven_bits_and_activations_are_unsigned(tmp_path: Path) -> None:
    graph = onnx.load(zoo.build("int8-cnn", tmp_path)).graph
    weights = [numpy_helper.to_array(t) for t in graph.initializer if t.name.endswith(".weight_quantized")]
    assert len(weights) == 21
    assert all(w.dtype == np.int8 and np.abs(w.astype(int)).max() == 63 for w in weights)
    points = [numpy_helper.to_array(t) for t in graph.initializer if t.name.endswith(".zero_point")]
    assert {point.dtype for point in points} == {np.dtype(np.uint8)}
