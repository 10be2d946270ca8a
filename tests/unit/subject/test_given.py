"""One input or many in one file, and what is said of a file that is neither."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

from gapprof.errors import WrongUse
from gapprof.subject import npz
from gapprof.subject.declared import Declared
from gapprof.subject.given import parted
from gapprof.subject.open import open_subject
from tests.unit.subject.drawing import drawn, relu, saved

DECLARED = {
    "x": Declared(dtype="float32", dims=("batch", 3)),
    "scale": Declared(dtype="float32", dims=()),
}
X, SCALE = np.arange(6, dtype=np.float32).reshape(2, 1, 3), np.array([1, 2], np.float32)


def test_arrays_of_the_models_own_rank_are_one_input() -> None:
    found = parted({"x": X[0], "scale": SCALE[0]}, DECLARED, source="f.npz", hint="")
    assert len(found.inputs) == 1
    assert np.array_equal(found.inputs[0]["x"], X[0])
    assert found.labels == ()


def test_one_more_axis_in_front_is_many_inputs_with_a_label_each() -> None:
    arrays = {"x": X, "scale": SCALE, "labels": np.array([7, 9])}
    found = parted(arrays, DECLARED, source="f.npz", hint="")
    assert [float(one["scale"]) for one in found.inputs] == [1.0, 2.0]
    assert [one["x"].tolist() for one in found.inputs] == X.tolist()
    assert found.labels == (7, 9)
    assert all("labels" not in one for one in found.inputs)


def test_an_input_that_is_called_labels_is_an_input() -> None:
    declared = {"labels": Declared(dtype="int64", dims=("n",))}
    found = parted({"labels": np.arange(6).reshape(3, 2)}, declared, source="f.npz", hint="")
    assert (len(found.inputs), found.labels) == (3, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scale": SCALE[0]}, r"f.npz holds many of 'x', along one more axis, and one of 'scale'"),
        ({"scale": np.ones(3, np.float32)}, r"f.npz holds 3 of 'scale', 2 of 'x'"),
        ({"x": X[:0], "scale": SCALE[:0]}, r"f.npz holds 0 of 'scale', 0 of 'x'"),
        ({"labels": np.array([1, 2, 3])}, r"'labels' is int64 of shape \[3\], for 2 inputs"),
        ({"labels": np.array([1.0, 2.0])}, r"'labels' is float64 of shape \[2\], for 2 inputs"),
        ({"labels": np.array([[1, 2]])}, r"'labels' is int64 of shape \[1, 2\], for 2 inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_sentence(
    changes: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        parted({"x": X, "scale": SCALE, **changes}, DECLARED, source="f.npz", hint="")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    drawing = drawn([relu()], inputs=[("x", TensorProto.FLOAT, ("batch", 3))])
    return saved(drawing, tmp_path / "relu.onnx")


def test_given_inputs_are_the_scenes_and_the_first_is_timed(model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "many.npz", x=np.arange(12, dtype=np.float32).reshape(4, 1, 3), labels=[0, 1, 2, 0])
    found = open_subject(
        str(model),
        shapes={},
        inputs=str(tmp_path / "many.npz"),
        seed=0,
        workdir=tmp_path / "work",
        scenes=12,
    )
    assert [npz.read(path, hint="")["x"].tolist() for path in found.scenes] == [
        [[0.0, 1.0, 2.0]],
        [[3.0, 4.0, 5.0]],
        [[6.0, 7.0, 8.0]],
        [[9.0, 10.0, 11.0]],
    ]
    assert (found.scenes_given, found.labels) == (True, (0, 1, 2, 0))
    assert npz.read(found.inputs_path, hint="")["x"].tolist() == [[0.0, 1.0, 2.0]]
    assert any("many.npz holds 4 inputs: runs are timed on the first" in note for note in found.facts.notes)


def test_one_given_input_begins_a_stream_of_seeded_scenes(model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", x=np.full((1, 3), 5, np.float32))
    found = open_subject(
        str(model), shapes={}, inputs=str(tmp_path / "one.npz"), seed=0, workdir=tmp_path / "work", scenes=5
    )
    values = [npz.read(path, hint="")["x"].tolist() for path in found.scenes]
    assert values[0] == [[5.0, 5.0, 5.0]]
    assert len({str(one) for one in values}) == 5
    assert found.scenes_given is False


def test_nobody_makes_scenes_that_nobody_wants(model: Path, tmp_path: Path) -> None:
    found = open_subject(str(model), shapes={}, inputs=None, seed=0, workdir=tmp_path / "work")
    assert found.scenes == ()


def test_inputs_whose_shape_does_not_fit_behind_that_axis_are_refused(model: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "odd.npz", x=np.zeros((4, 1, 5), np.float32))
    with pytest.raises(WrongUse, match="gives 'x' 5 where the model has a fixed 3"):
        open_subject(
            str(model), shapes={}, inputs=str(tmp_path / "odd.npz"), seed=0, workdir=tmp_path / "work"
        )
