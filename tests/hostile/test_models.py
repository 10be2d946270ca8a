"""Models and inputs that are wrong, damaged or made to do harm: one sentence, a hint, the right exit code."""

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof import cli
from gapprof.errors import ExitCode, GapprofError
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.subject import limits
from gapprof.subject.open import open_subject
from tests.unit.subject.drawing import drawn, nested, relu, saved

UNUSABLE, WRONG = ExitCode.MODEL_UNUSABLE, ExitCode.WRONG_USE


def _opened(path: Path | str, tmp_path: Path, **options: object) -> Subject:
    settings: dict[str, object] = {"shapes": {}, "inputs": None, "seed": 0, **options}
    return open_subject(str(path), workdir=tmp_path / "work", **settings)


def _refused(path: Path | str, tmp_path: Path, code: ExitCode, said: str, **options: object) -> None:
    with pytest.raises(GapprofError, match=said) as caught:
        _opened(path, tmp_path, **options)
    error = caught.value
    assert error.exit_code == code
    assert error.hint
    for text in (error.message, error.hint):
        assert text.isprintable(), "one line without control characters"
        assert len(text) < 800


def _bytes(content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "m.onnx"
        path.write_bytes(content)
        return path

    return make


def _model(model: onnx.ModelProto) -> Callable[[Path], Path]:
    return lambda folder: saved(model, folder / "m.onnx")


def _tensor(**fields: object) -> Callable[[Path], Path]:
    model = drawn([relu()])
    model.graph.initializer.add(**{"name": "w", "data_type": TensorProto.FLOAT, **fields})
    return _model(model)


def _external(location: str) -> Callable[[Path], Path]:
    entry = onnx.StringStringEntryProto(key="location", value=location)
    return _tensor(dims=(2,), data_location=TensorProto.EXTERNAL, external_data=[entry])


def _folder(folder: Path) -> Path:
    (folder / "m.onnx").mkdir()
    return folder / "m.onnx"


def _link_out(folder: Path) -> Path:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere/w.bin").write_bytes(bytes(8))
    (folder / "own").mkdir()
    (folder / "own/w.bin").symlink_to("../elsewhere/w.bin")
    return _external("w.bin")(folder / "own")


WHOLE = drawn([relu()], weights={"w": np.ones(1000, np.float32)}).SerializeToString()
UNKNOWN = drawn([helper.make_node("Frobnicate", ["x"], ["y"], name="the one\x1b[31m")])
NO_SHAPE_FITS = drawn(
    [helper.make_node("Reshape", ["x", "s"], ["y"], name="r")], weights={"s": np.array([7, 7])}
)
LATER_OPSET = drawn([relu()])
LATER_OPSET.opset_import[0].version = 9999
TEXT = drawn([helper.make_node("Identity", ["x"], ["y"])], inputs=[("x", TensorProto.STRING, (2,))])


BAD: dict[str, tuple[Callable[[Path], Path], ExitCode, str]] = {
    "missing": (lambda folder: folder / "nowhere.onnx", WRONG, "there is no model at"),
    "folder": (_folder, WRONG, "is a folder, not a model"),
    "nul-in-path": (lambda folder: folder / "a\0b", WRONG, "there is no model at"),
    "empty": (_bytes(b""), UNUSABLE, "the model file is empty"),
    "html": (_bytes(b"<!DOCTYPE html><html>Not Found</html>"), UNUSABLE, "not an ONNX model"),
    "lfs-pointer": (
        _bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        UNUSABLE,
        "not an ONNX",
    ),
    "ort": (_bytes(b"\x18\0\0\0ORTM" + bytes(64)), UNUSABLE, r"onnxruntime's own format \(\.ort\)"),
    "half": (_bytes(WHOLE[: len(WHOLE) // 2]), UNUSABLE, "cut off"),
    "three-bytes-short": (_bytes(WHOLE[:-3]), UNUSABLE, "cut off"),
    "noise": (
        _bytes(np.random.default_rng(0).bytes(4096)),
        UNUSABLE,
        "not an ONNX model|holds no ONNX graph",
    ),
    "no-graph": (_bytes(onnx.ModelProto(ir_version=8).SerializeToString()), UNUSABLE, "holds no ONNX graph"),
    "text": (_model(TEXT), UNUSABLE, "elements of string"),
    "missing-data": (_external("w.bin"), UNUSABLE, r"'w\.bin' is missing"),
    "data-above": (_external("../w.bin"), UNUSABLE, "outside its own folder"),
    "absolute-data": (_external("/etc/passwd"), UNUSABLE, "outside its own folder"),
    "windows-data": (_external("C:\\w.bin"), UNUSABLE, "outside its own folder"),
    "link-out": (_link_out, UNUSABLE, "link that leads out"),
    "negative": (_tensor(dims=(-5, 2)), UNUSABLE, "a negative dimension"),
    "huge": (_tensor(dims=(2**40,)), UNUSABLE, "1,099,511,627,776 elements"),
    "overflow": (_tensor(dims=(2**63 - 1, 2**63 - 1)), UNUSABLE, "declares .* elements"),
    "no-values": (_tensor(dims=(1000,)), UNUSABLE, "holds none"),
    "nested-30": (_bytes(nested(30)), UNUSABLE, "nests graphs more than"),
    "nested-200": (_bytes(nested(200)), UNUSABLE, "nests graphs more than"),
}


@pytest.mark.parametrize(("make", "code", "said"), BAD.values(), ids=BAD)
def test_a_bad_model_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], code: ExitCode, said: str
) -> None:
    _refused(make(tmp_path), tmp_path, code, said)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (UNKNOWN, r"node 'the one.*' \(Frobnicate\)"),
        (LATER_OPSET, "(?i)opset"),
        (NO_SHAPE_FITS, r"node 'r' \(Reshape\)"),
    ],
    ids=["unknown-operator", "future-opset", "impossible-reshape"],
)
def test_what_only_native_refuses_so_far_is_told_in_one_line_that_names_the_node(
    tmp_path: Path, model: onnx.ModelProto, said: str
) -> None:
    refusal = _opened(saved(model, tmp_path / "m.onnx"), tmp_path).common
    assert isinstance(refusal, NativeRefusal)
    assert re.search(said, refusal.message)
    assert refusal.hint
    assert refusal.message.isprintable()
    assert len(refusal.message) < 800


def test_nothing_is_left_beside_a_refused_model(tmp_path: Path) -> None:
    path = _bytes(WHOLE[:-3])(tmp_path)
    _refused(path, tmp_path, UNUSABLE, "cut off")
    assert {file.name for file in tmp_path.iterdir()} == {"m.onnx", "work"}


def test_a_file_of_countless_empty_nodes_is_refused_before_any_of_them_is_built(tmp_path: Path) -> None:
    node = b"\x0a\x00"
    graph = node * (limits.NODES + 1)
    size = len(graph)
    varint = bytes((size >> shift & 0x7F) | (0x80 if size >> shift + 7 else 0) for shift in range(0, 21, 7))
    _refused(_bytes(b"\x3a" + varint + graph)(tmp_path), tmp_path, UNUSABLE, "more than 200,000 nodes")


def test_a_constant_that_would_fill_the_memory_when_folded_does_no_harm(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"], name="huge"),
        helper.make_node("ReduceSum", ["huge"], ["sum"], name="sum", keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"], name="add"),
    ]
    model = drawn(nodes, weights={"shape": np.array([1 << 20, 1 << 24])})
    refusal = _opened(saved(model, tmp_path / "m.onnx"), tmp_path).common
    assert isinstance(refusal, NativeRefusal)
    assert re.match("native onnxruntime (cannot|crashed)", refusal.message)


FREE = drawn([relu()], inputs=[("x", TensorProto.FLOAT, ("batch", 3))])


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"y": (1, 3)}, "names 'y', which is no input"),
        ({"x": (3,)}, "1 dimensions, the model gives it 2"),
        ({"x": (0, 3)}, "must be 1 or more"),
        ({"x": (-1, 3)}, "must be 1 or more"),
        ({"x": (1, 4)}, "where the model has a fixed 3"),
    ],
)
def test_a_wrong_shape_is_wrong_use(tmp_path: Path, shapes: dict[str, tuple[int, ...]], said: str) -> None:
    _refused(saved(FREE, tmp_path / "m.onnx"), tmp_path, WRONG, said, shapes=shapes)


def test_a_shape_beyond_all_memory_is_refused_before_it_is_filled(tmp_path: Path) -> None:
    path = saved(FREE, tmp_path / "m.onnx")
    _refused(path, tmp_path, WRONG, "would take", shapes={"x": (2**40, 3)})


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (None, r"is not an \.npz file"),
        ({"z": np.ones((1, 3), np.float32)}, "names 'z', which is no input"),
        ({}, "holds nothing for the input 'x'"),
        ({"x": np.ones((1, 3))}, "'x' is float64, the model takes float32"),
        ({"x": np.ones((1, 4), np.float32)}, "4 where the model has a fixed 3"),
        ({"x": np.ones(3, np.float32)}, "1 dimensions, the model gives it 2"),
        ({"x": np.array([{}], object)}, "'x' cannot be read"),
    ],
    ids=["no-zip", "name", "missing", "dtype", "shape", "rank", "pickle"],
)
def test_wrong_inputs_are_wrong_use(tmp_path: Path, arrays: dict[str, np.ndarray] | None, said: str) -> None:
    file = tmp_path / "in.npz"
    if arrays is None:
        file.write_text("not a zip")
    else:
        np.savez(file, **arrays)
    _refused(saved(FREE, tmp_path / "m.onnx"), tmp_path, WRONG, said, inputs=str(file))


def test_a_missing_input_file_is_wrong_use(tmp_path: Path) -> None:
    path = saved(FREE, tmp_path / "m.onnx")
    _refused(path, tmp_path, WRONG, "there is no file", inputs=str(tmp_path / "nowhere.npz"))


STRANGE = (
    "<script>alert(1)</script>",
    "[bold red]x[/]",
    "a\x1b[2J\x1b]0;title\x07b",
    "n" * 10_000,
    "‮evil",
    'q"\\',
)


def test_strange_node_names_pass_through_as_data(tmp_path: Path) -> None:
    tensors = ["x", *(f"t{n}" for n in range(len(STRANGE) - 1)), "y"]
    nodes = [relu(name, a, b) for name, (a, b) in zip(STRANGE, itertools.pairwise(tensors), strict=True)]
    for node in nodes:
        node.op_type = "Exp"
    rows = _opened(saved(drawn(nodes), tmp_path / "m.onnx"), tmp_path).facts.nodes
    assert [row.name for row in rows] == [*STRANGE[:2], "a␛[2J␛]0;title␇b", *STRANGE[3:5], "q″⧵"]
    assert all(row.output_shapes == ((2, 3),) for row in rows)


def test_strange_input_and_output_names_pass_through_as_data(tmp_path: Path) -> None:
    model = drawn(
        [relu("r", 'in/\x1b[31m"\\:0', "<b>out")], inputs=[('in/\x1b[31m"\\:0', 1, (2, 3))], output="<b>out"
    )
    facts = _opened(saved(model, tmp_path / "m.onnx"), tmp_path).facts
    assert facts.inputs[0].name == 'in/\x1b[31m"\\:0'
    assert facts.outputs[0].name == "<b>out"


@pytest.mark.parametrize("where", ["node", "tensor", "input", "dimension", "location", "producer"])
def test_a_name_that_is_no_text_is_refused(tmp_path: Path, where: str) -> None:
    model = drawn([relu()], inputs=[("MARKER" if where == "input" else "x", TensorProto.FLOAT, ("MARKER",))])
    if where != "dimension":
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    if where == "node":
        model.graph.node[0].name = "MARKER"
    elif where == "tensor":
        model.graph.initializer.add(name="MARKER", dims=(0,), data_type=TensorProto.FLOAT)
    elif where == "location":
        tensor = model.graph.initializer.add(name="w", data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="MARKER")
    elif where == "producer":
        model.producer_name = "MARKER"
    content = model.SerializeToString().replace(b"MARKER", b"\xff\xfe\xfaKER")
    _refused(_bytes(content)(tmp_path), tmp_path, UNUSABLE, "a name that is not text")


TYPED: dict[str, tuple[Callable[[Path], Path], tuple[str, ...], ExitCode, str]] = {
    "no-onnx": (BAD["html"][0], (), UNUSABLE, "not an ONNX model"),
    "truncated": (BAD["three-bytes-short"][0], (), UNUSABLE, "cut off"),
    "missing-data": (BAD["missing-data"][0], (), UNUSABLE, "'w.bin' is missing"),
    "data-above": (BAD["data-above"][0], (), UNUSABLE, "outside its own folder"),
    "link-out": (BAD["link-out"][0], (), UNUSABLE, "link that leads out"),
    "absurd-dimensions": (BAD["huge"][0], (), UNUSABLE, "1,099,511,627,776 elements"),
    "wrong-shape": (_model(FREE), ("--shape", "x=1,4"), WRONG, "where the model has a fixed 3"),
    "npz-name": (_model(FREE), ("--inputs", "name.npz"), WRONG, "names 'z', which is no input"),
    "npz-dtype": (_model(FREE), ("--inputs", "dtype.npz"), WRONG, "'x' is float64, the model takes float32"),
    "npz-shape": (_model(FREE), ("--inputs", "shape.npz"), WRONG, "4 where the model has a fixed 3"),
}
"""As somebody types them: the model, options, how it ends, and what is said."""


@pytest.mark.parametrize(("make", "options", "code", "said"), TYPED.values(), ids=TYPED)
def test_typed_it_is_one_sentence_and_a_hint_and_what_is_no_wrong_use_has_its_report(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], Path],
    options: tuple[str, ...],
    code: ExitCode,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for place in ("GAPPROF_CACHE_DIR", "GAPPROF_STATE_DIR"):
        monkeypatch.setenv(place, str(tmp_path / "own"))
    np.savez("name.npz", z=np.ones((1, 3), np.float32))
    np.savez("dtype.npz", x=np.ones((1, 3)))
    np.savez("shape.npz", x=np.ones((1, 4), np.float32))
    written, recording = Path("report.json"), Path("run.jsonl")
    outputs = ["--json", str(written), "--recording", str(recording)]
    assert cli.run(["explain", str(make(tmp_path)), *options, *outputs]) == code
    told = capsys.readouterr()
    sentence, hint = told.err.splitlines()
    assert sentence.startswith("gapprof: ")
    assert said in sentence
    assert hint.startswith("  ")
    assert told.out == ""
    assert not recording.exists(), "nothing was measured"
    assert written.exists() == (code != WRONG)
    if code != WRONG:
        document = json.loads(written.read_bytes())
        assert (document["status"], document["status_why"]) == ("failed", sentence.removeprefix("gapprof: "))
