import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

from gapprof.errors import ModelUnusable, WrongUse
from gapprof.subject import limits
from gapprof.subject.stage import stage
from tests.unit.subject.drawing import drawn, relu, saved


def _wanting(folder: Path, *locations: str) -> Path:
    """A model with one external tensor per location."""
    model = drawn([relu()])
    for number, location in enumerate(locations):
        tensor = model.graph.initializer.add(name=f"w{number}", dims=(2,), data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
    folder.mkdir(exist_ok=True)
    return saved(model, folder / "given.onnx")


def test_the_copy_has_the_same_bytes_and_its_hash(tmp_path: Path) -> None:
    source = saved(drawn([relu()]), tmp_path / "given.onnx")
    staged = stage(source, tmp_path / "staged")
    assert staged.model.path.read_bytes() == source.read_bytes()
    assert staged.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert staged.size_bytes == source.stat().st_size


def test_external_data_comes_along_under_its_own_name_and_is_hashed_in_order(tmp_path: Path) -> None:
    source = _wanting(tmp_path / "own", "z.bin", "sub/a.bin", "./z.bin")
    (source.parent / "sub").mkdir()
    (source.parent / "sub/a.bin").write_bytes(b"a" * 8)
    (source.parent / "z.bin").write_bytes(b"z" * 8)
    staged = stage(source, tmp_path / "staged")
    assert staged.model.external_data == ("sub/a.bin", "z.bin")
    assert (tmp_path / "staged/sub/a.bin").read_bytes() == b"a" * 8
    whole = source.read_bytes() + b"a" * 8 + b"z" * 8
    assert staged.sha256 == hashlib.sha256(whole).hexdigest()
    assert staged.size_bytes == len(whole)


def test_only_the_model_and_what_it_names_is_staged(tmp_path: Path) -> None:
    source = _wanting(tmp_path / "own", "model.onnx")
    (source.parent / "model.onnx").write_bytes(bytes(8))
    (source.parent / "secret.txt").write_text("not asked for")
    staged = stage(source, tmp_path / "staged")
    assert {file.name for file in (tmp_path / "staged").iterdir()} == {"model.onnx", "model-2.onnx"}
    assert staged.model.path.name == "model-2.onnx"


@pytest.mark.parametrize(
    "location",
    [
        "../w.bin",
        "sub/../../w.bin",
        "/etc/hostname",
        "..\\w.bin",
        "C:\\w.bin",
        "\\\\host\\share\\w.bin",
        "a\0b",
    ],
)
def test_a_location_outside_the_folder_is_refused_without_a_look(tmp_path: Path, location: str) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(8))
    source = _wanting(tmp_path / "own", location)
    with pytest.raises(ModelUnusable, match="outside its own folder"):
        stage(source, tmp_path / "staged")


@pytest.mark.parametrize("through", ["file", "folder"])
def test_a_link_that_leads_out_is_refused_with_a_way_around(tmp_path: Path, through: str) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/w.bin").write_bytes(bytes(8))
    source = _wanting(tmp_path / "own", "w.bin" if through == "file" else "data/w.bin")
    link, target = ("w.bin", "../blobs/w.bin") if through == "file" else ("data", "../blobs")
    (source.parent / link).symlink_to(target)
    with pytest.raises(ModelUnusable, match="link that leads out") as caught:
        stage(source, tmp_path / "staged")
    assert "cp -rL" in caught.value.hint


def test_a_link_inside_the_folder_is_followed_and_so_is_a_link_to_the_model(tmp_path: Path) -> None:
    source = _wanting(tmp_path / "own", "w.bin")
    (source.parent / "real.bin").write_bytes(b"realdata")
    (source.parent / "w.bin").symlink_to("real.bin")
    entry = source.parent / "entry.onnx"
    entry.symlink_to(source.name)
    stage(entry, tmp_path / "staged")
    assert (tmp_path / "staged/w.bin").read_bytes() == b"realdata"
    assert not (tmp_path / "staged/w.bin").is_symlink()


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"'w\.bin' is missing"):
        stage(_wanting(tmp_path / "own", "w.bin"), tmp_path / "staged")


def test_external_data_without_a_location_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="says not where"):
        stage(_wanting(tmp_path / "own", ""), tmp_path / "staged")


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    source = _wanting(tmp_path / "own", "w.bin")
    (source.parent / "w.bin").symlink_to("w.bin")
    with pytest.raises(ModelUnusable, match="cannot be found"):
        stage(source, tmp_path / "staged")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
@pytest.mark.parametrize("name", ["given.onnx", "w.bin"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    source = _wanting(tmp_path / "own", "w.bin")
    (source.parent / name).unlink(missing_ok=True)
    os.mkfifo(source.parent / name)
    with pytest.raises((WrongUse, ModelUnusable), match="no ordinary file"):
        stage(source, tmp_path / "staged")


def test_data_beyond_the_limit_is_not_copied_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _wanting(tmp_path / "own", "w.bin")
    (source.parent / "w.bin").write_bytes(bytes(5000))
    monkeypatch.setattr(limits, "TOTAL_BYTES", 1000)
    with pytest.raises(ModelUnusable, match="too large"):
        stage(source, tmp_path / "staged")


def test_protobuf_that_is_no_model_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "tensor.pb"
    source.write_bytes(numpy_helper.from_array(np.ones(3), "t").SerializeToString())
    with pytest.raises(ModelUnusable, match="cannot be parsed"):
        stage(source, tmp_path / "staged")
