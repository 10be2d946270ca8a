from pathlib import Path

import onnx
import pytest

from gapprof.errors import EnvironmentUnusable, ModelUnusable
from gapprof.records.subject import StagedModel
from gapprof.subject import limits
from gapprof.subject.one_file import in_one_file
from gapprof.subject.tensors import all_tensors
from tests.unit.subject.drawing import drawn, relu, saved, with_external_data


def test_all_weights_come_inside_and_nothing_else_changes(tmp_path: Path) -> None:
    split = with_external_data(tmp_path / "original")
    outside = [one.data_location for one in all_tensors(onnx.load(split.path, load_external_data=False))]
    assert outside == [onnx.TensorProto.EXTERNAL] * 2
    whole = in_one_file(split)
    assert whole.external_data == ()
    assert whole.path.parent != split.path.parent
    assert [file.name for file in whole.path.parent.iterdir()] == [whole.path.name]
    model = onnx.load(whole.path, load_external_data=False)
    assert [one.data_location for one in all_tensors(model)] == [onnx.TensorProto.DEFAULT] * 2
    assert model == onnx.load(split.path)


def test_it_is_made_once(tmp_path: Path) -> None:
    split = with_external_data(tmp_path / "original")
    first = in_one_file(split)
    made = first.path.stat()
    assert in_one_file(split) == first
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


def test_a_model_without_external_data_is_one_file_already(tmp_path: Path) -> None:
    model = StagedModel(path=saved(drawn([relu()]), tmp_path / "m.onnx"))
    assert in_one_file(model) is model
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]


def test_what_one_file_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    split = with_external_data(tmp_path / "original")
    with (split.path.parent / "m.data").open("r+b") as data:
        data.truncate(limits.GRAPH_FILE_BYTES)
    with pytest.raises(ModelUnusable, match=r"would have 2\S* GiB, and protobuf ends at 2 GiB") as caught:
        in_one_file(split)
    assert caught.value.hint
    assert [folder.name for folder in tmp_path.iterdir()] == ["original"]


def test_a_file_that_cannot_be_made_is_told_and_tried_again(tmp_path: Path) -> None:
    split = with_external_data(tmp_path / "original")
    content = split.path.read_bytes()
    split.path.write_bytes(b"\xff" * 40)
    with pytest.raises(EnvironmentUnusable, match=r"could not be put into one file \(exit code 1"):
        in_one_file(split)
    split.path.write_bytes(content)
    assert in_one_file(split).path.is_file()
