from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.errors import ModelUnusable
from gapprof.subject import limits, sanity
from tests.unit.subject.drawing import drawn, relu

WEIGHTS = {"w": np.ones((4, 5), np.float32)}


def _with(tensor: TensorProto) -> onnx.ModelProto:
    model = drawn([relu()])
    model.graph.initializer.append(tensor)
    return model


def _external(folder: Path, **entries: object) -> onnx.ModelProto:
    (folder / "w.bin").write_bytes(bytes(80))
    tensor = TensorProto(
        name="w", dims=(4, 5), data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL
    )
    for key, value in {"location": "w.bin", **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    return _with(tensor)


def test_an_honest_model_passes(tmp_path: Path) -> None:
    sanity.check(drawn([relu()], weights=WEIGHTS), tmp_path)
    sanity.check(_external(tmp_path), tmp_path)
    sanity.check(_external(tmp_path, offset=0, length=80), tmp_path)


def test_parameters_are_the_elements_of_all_initializers() -> None:
    assert sanity.parameter_count(drawn([relu()], weights=WEIGHTS)) == 20


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (TensorProto(name="w", dims=(-1, 4), data_type=1), "a negative dimension"),
        (TensorProto(name="w", dims=(2**40,), data_type=1), "1,099,511,627,776 elements, 4,096 GiB"),
        (TensorProto(name="w", dims=(2**62, 2**62), data_type=1), "elements"),
        (TensorProto(name="w", dims=(1,) * 40, data_type=1), "40 dimensions"),
        (TensorProto(name="w", dims=(2,), data_type=77), "unknown element type 77"),
        (TensorProto(name="w", dims=(2,), data_type=1), "8 bytes of values but holds none"),
        (TensorProto(name="w", dims=(2,), data_type=1, raw_data=b"abc"), "8 bytes of values but holds 3"),
    ],
    ids=["negative", "huge", "overflow", "rank", "type", "no-data", "short-data"],
)
@pytest.mark.parametrize("place", ["initializer", "constant", "sparse"])
def test_a_tensor_that_cannot_be_is_refused_wherever_it_stands(
    tmp_path: Path, tensor: TensorProto, said: str, place: str
) -> None:
    model = drawn([relu()])
    if place == "initializer":
        model.graph.initializer.append(tensor)
    elif place == "constant":
        model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
    else:
        model.graph.sparse_initializer.add(values=tensor)
    with pytest.raises(ModelUnusable, match=said):
        sanity.check(model, tmp_path)


def test_tensors_that_are_too_much_only_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = drawn([relu()], weights={name: np.ones(20, np.float32) for name in "abc"})
    monkeypatch.setattr(limits, "TOTAL_BYTES", 200)
    with pytest.raises(ModelUnusable, match="all tensors together"):
        sanity.check(model, tmp_path)


@pytest.mark.parametrize(
    "entries",
    [{"offset": 8}, {"offset": -8}, {"length": 79}, {"length": 2**70}, {"offset": "eight"}],
    ids=str,
)
def test_external_data_must_lie_inside_its_file(tmp_path: Path, entries: dict[str, object]) -> None:
    with pytest.raises(ModelUnusable, match="'w' declares"):
        sanity.check(_external(tmp_path, **entries), tmp_path)


@pytest.mark.parametrize("field", ["name", "op_type", "domain"])
def test_a_long_name_passes_and_an_endless_one_is_refused(tmp_path: Path, field: str) -> None:
    model = drawn([relu()])
    setattr(model.graph.node[0], field, "n" * 10_000)
    sanity.check(model, tmp_path)
    setattr(model.graph.node[0], field, "n" * (limits.NAME_CHARACTERS + 1))
    with pytest.raises(ModelUnusable, match="a name of 16,001 characters"):
        sanity.check(model, tmp_path)


def _with_functions(calls: dict[str, list[str]]) -> onnx.ModelProto:
    model = drawn([helper.make_node("f0", ["x"], ["y"], domain="own")])
    for name, called in calls.items():
        body = [helper.make_node(op, ["x"], ["y"], domain="own") for op in called]
        model.functions.append(helper.make_function("own", name, ["x"], ["y"], body, model.opset_import))
    return model


def test_functions_that_double_eleven_times_are_counted_written_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {f"f{n}": [f"f{n + 1}"] * 2 for n in range(11)} | {"f11": ["Relu"]}
    sanity.check(_with_functions(calls), tmp_path)
    monkeypatch.setattr(limits, "NODES", 2000)
    with pytest.raises(ModelUnusable, match="more than 2,000 nodes"):
        sanity.check(_with_functions(calls), tmp_path)


def test_a_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="calls itself"):
        sanity.check(_with_functions({"f0": ["f1"], "f1": ["f0"]}), tmp_path)
