from pathlib import Path

import onnx
import pytest
from google.protobuf.message import DecodeError
from onnx import helper

from gapprof.errors import ModelUnusable
from gapprof.subject import limits, wire
from tests.unit.subject.drawing import drawn, nested, relu, saved


def _file(content: bytes, folder: Path) -> Path:
    (folder / "m.onnx").write_bytes(content)
    return folder / "m.onnx"


def _parses(content: bytes) -> bool:
    try:
        onnx.ModelProto.FromString(content)
    except DecodeError:
        return False
    return True


def test_a_plain_model_passes(tmp_path: Path) -> None:
    wire.check_size(saved(drawn([relu()]), tmp_path / "m.onnx"))


def test_every_cut_is_refused_that_the_protobuf_library_refuses(tmp_path: Path) -> None:
    whole = drawn([relu(f"n{n}") for n in range(3)]).SerializeToString()
    whole_fields = {length for length in range(1, len(whole)) if _parses(whole[:length])}
    for length in range(1, len(whole)):
        path = _file(whole[:length], tmp_path)
        if length in whole_fields:
            wire.check_size(path)
        else:
            with pytest.raises(ModelUnusable, match="cannot be parsed"):
                wire.check_size(path)
    assert len(whole_fields) < 10


@pytest.mark.parametrize(
    "content",
    [b"\x00", b"hello world", b"\xff" * 40, b"\x3a\xff\xff\xff\xff\x0f", b"\x0b\x0c", b"\x09\x01", b"\x08"],
    ids=["field-0", "text", "overlong", "beyond-the-end", "group", "cut-fixed64", "cut-varint"],
)
def test_bytes_that_are_no_protobuf_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelUnusable, match="cannot be parsed"):
        wire.check_size(tmp_path / "m.onnx")


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"")
    with pytest.raises(ModelUnusable, match="is empty"):
        wire.check_size(tmp_path / "m.onnx")


def test_graphs_may_nest_as_deep_as_the_limit_and_no_deeper(tmp_path: Path) -> None:
    wire.check_size(_file(nested(limits.NESTING), tmp_path))
    with pytest.raises(ModelUnusable, match=f"more than {limits.NESTING} deep"):
        wire.check_size(_file(nested(limits.NESTING + 1), tmp_path))


@pytest.mark.parametrize("what", ["NODES", "ATTRIBUTES"])
def test_nodes_and_attributes_are_counted_in_subgraphs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = _file(nested(3), tmp_path)
    monkeypatch.setattr(limits, what, 4)
    wire.check_size(path)
    monkeypatch.setattr(limits, what, 2 if what == "NODES" else 1)
    with pytest.raises(ModelUnusable, match=f"more than . {what.lower()}"):
        wire.check_size(path)


def test_nodes_of_functions_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = drawn([relu()])
    body = [relu(f"n{n}") for n in range(5)]
    model.functions.append(helper.make_function("own", "f", ["x"], ["y"], body, model.opset_import))
    monkeypatch.setattr(limits, "NODES", 5)
    with pytest.raises(ModelUnusable, match="more than 5 nodes"):
        wire.check_size(saved(model, tmp_path / "m.onnx"))


def test_a_file_in_onnxruntime_s_own_format_is_told_from_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"own format \(\.ort\)") as told:
        wire.check_size(_file(b"\x18\0\0\0ORTM" + bytes(64), tmp_path))
    assert ".onnx file that it was made from" in told.value.hint


def test_a_producer_of_that_name_makes_models_all_the_same(tmp_path: Path) -> None:
    model = drawn([relu()])
    model.producer_name = "ORTM"
    assert model.SerializeToString()[4:8] == wire.ORT_FORMAT
    wire.check_size(saved(model, tmp_path / "m.onnx"))
