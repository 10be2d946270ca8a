from collections.abc import Iterator
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
from gapprof.subject.seeded import seeded_inputs

NAMES = ("bert-small", "decoder-small", "int8-cnn", "mobilenetv2", "resnet20", "resnet50", "squeezenet")
SMALL = ("int8-cnn", "resnet20", "squeezenet")


@pytest.fixture(scope="module", params=NAMES)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("zoo")
    path = zoo.build(request.param, folder)
    yield path
    for file in folder.iterdir():
        file.unlink()


def _run(path: Path, seed: int) -> list[NDArray[np.float32]]:
    model = onnx.load(path, load_external_data=False)
    resolved = resolve(declared_inputs(model), ())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(seeded_inputs(model.graph, resolved, seed)))


def test_the_zoo_has_what_the_contract_names() -> None:
    assert zoo.names() == NAMES


def test_a_name_that_the_zoo_does_not_have_is_refused_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no zoo model called 'resnet51'") as caught:
        zoo.build("resnet51", tmp_path)
    assert "resnet50" in caught.value.hint


def test_outputs_are_finite_and_depend_on_the_input(built: Path) -> None:
    for first, second in zip(_run(built, 0), _run(built, 1), strict=True):
        assert np.isfinite(first).all()
        assert first.std() > 0.01
        assert np.abs(first - second).max() > 0.05 * np.abs(first).max()


def test_versions_are_old_enough_for_every_runtime_and_nodes_are_named(built: Path) -> None:
    model = onnx.load(built, load_external_data=False)
    assert model.ir_version == 8
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    names = [node.name for node in model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    onnx.checker.check_model(built, full_check=True)


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


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("mobilenetv2", 3.49),
        ("resnet20", 0.27),
        ("squeezenet", 1.24),
        ("int8-cnn", 11.71),
        ("bert-small", 11.17),
    ],
)
def test_architectures_have_their_published_size(tmp_path: Path, name: str, millions: float) -> None:
    graph = onnx.load(zoo.build(name, tmp_path)).graph
    elements = sum(int(np.prod(tensor.dims)) for tensor in graph.initializer)
    assert elements / 1e6 == pytest.approx(millions, rel=0.01)
