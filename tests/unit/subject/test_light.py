from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from gapprof.subject.light import light_models, randomise

SMALL = [
    path
    for path in light_models()
    if path.stem in ("light_squeezenet", "light_shufflenet", "light_inception_v1")
]


def test_the_installed_package_has_the_light_models() -> None:
    assert len(SMALL) == 3


@pytest.mark.parametrize("source", SMALL, ids=lambda path: path.stem)
def test_randomised_models_see_their_input(tmp_path: Path, source: Path) -> None:
    randomise(source, tmp_path / "m.onnx", seed=3)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    random = np.random.default_rng(0)
    first, second = (
        session.run(None, {image.name: random.standard_normal(image.shape, dtype=np.float32)})[0]
        for _ in "ab"
    )
    assert np.isfinite(first).all()
    assert np.abs(first - second).max() > 0.01 * np.abs(first).max()


def test_constants_and_the_final_softmax_are_gone(tmp_path: Path) -> None:
    randomise(SMALL[0], tmp_path / "m.onnx", seed=3)
    graph = onnx.load(tmp_path / "m.onnx").graph
    assert not {"ConstantOfShape", "Softmax"} & {node.op_type for node in graph.node}
    assert not {value.name for value in graph.input} & {tensor.name for tensor in graph.initializer}


def test_a_seed_decides_the_bytes(tmp_path: Path) -> None:
    source = next(path for path in SMALL if "shufflenet" in path.stem)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        randomise(source, tmp_path / name, seed=seed)
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again != other
