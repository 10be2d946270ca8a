from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.errors import ModelUnusable, WrongUse
from gapprof.records.subject import NativeRefusal, Subject
from gapprof.subject import npz
from gapprof.subject.open import open_subject
from tests.unit.conftest import OfTheZoo
from tests.unit.subject.drawing import drawn, relu, saved


def _opened(argument: str | Path, workdir: Path, **options: object) -> Subject:
    settings: dict[str, object] = {"shapes": {}, "inputs": None, "seed": 0, **options}
    return open_subject(str(argument), workdir=workdir, **settings)


PUBLISHED_FLOPS = {
    "mobilenetv2": (2 * 300e6, 0.01),  # multiply-adds count twice; Sandler et al. 2018, table 4
    "ssd-mobilenetv2": (2 * 0.8e9, 0.1),  # the same paper's table 6, one digit, and at 320 for our 300
    "yolov5n": (4.5e9, 0.02),  # the table of release 6.0
}
"""Operations, and how far off they may be."""


@pytest.mark.parametrize(
    "name",
    [
        "mobilenetv2",
        "bert-small",
        "decoder-q4",
        "decoder-small",
        "int8-cnn",
        "ssd-mobilenetv2",
        pytest.param("t5-encoder", marks=pytest.mark.long),  # of 35 million weights
        "yolov5n",
    ],
)
def test_a_zoo_model_is_ready_with_every_node_counted(of_the_zoo: OfTheZoo, name: str) -> None:
    subject = of_the_zoo(name)
    facts = subject.facts
    assert facts.name == name
    assert facts.opset == 17
    assert all(node.flops is not None and node.bytes for node in facts.nodes)
    assert all(node.output_shapes for node in facts.nodes)
    common = onnx.load(subject.common.path, load_external_data=False).graph
    assert [node.name for node in facts.nodes] == [node.name for node in common.node]
    assert len({node.name for node in facts.nodes}) == len(facts.nodes) < facts.original_nodes
    assert facts.notes == ()
    assert {"batch_size"} <= set(facts.assumed_dims)
    for staged in (subject.original, subject.common):
        assert all(
            (staged.path.parent / name).is_file() for name in (staged.path.name, *staged.external_data)
        )
    fed = npz.read(subject.inputs_path, hint="")
    assert [(spec.name, spec.dtype, spec.shape) for spec in facts.inputs] == [
        (name, str(array.dtype), array.shape) for name, array in fed.items()
    ]
    assert Path(subject.chain.path).is_file()
    if name in PUBLISHED_FLOPS:
        published, within = PUBLISHED_FLOPS[name]
        assert sum(node.flops or 0 for node in facts.nodes) == pytest.approx(published, rel=within)


FREE = [("x", TensorProto.FLOAT, ("batch", 3))]


def _free_model(tmp_path: Path) -> Path:
    return saved(drawn([relu()], inputs=FREE), tmp_path / "mine.onnx")


def test_a_stated_shape_is_no_assumption(tmp_path: Path) -> None:
    facts = _opened(_free_model(tmp_path), tmp_path / "work", shapes={"x": (7, 3)}).facts
    assert facts.name == "mine"
    assert facts.assumed_dims == {}
    assert facts.outputs[0].shape == (7, 3)


def test_real_inputs_settle_free_dimensions_and_are_what_is_fed(tmp_path: Path) -> None:
    values = np.arange(15, dtype=np.float32).reshape(5, 3)
    np.savez(tmp_path / "real.npz", x=values)
    subject = _opened(_free_model(tmp_path), tmp_path / "work", inputs=str(tmp_path / "real.npz"))
    assert np.array_equal(npz.read(subject.inputs_path, hint="")["x"], values)
    assert subject.facts.inputs[0].shape == (5, 3)
    assert subject.facts.assumed_dims == {}


def test_real_inputs_and_a_stated_shape_must_agree(tmp_path: Path) -> None:
    np.savez(tmp_path / "real.npz", x=np.zeros((5, 3), np.float32))
    with pytest.raises(WrongUse, match=r"real\.npz gives the dimension 'batch' a second value, 5 beside 4"):
        _opened(
            _free_model(tmp_path), tmp_path / "work", inputs=str(tmp_path / "real.npz"), shapes={"x": (4, 3)}
        )


def test_an_output_that_does_not_depend_on_the_input_is_noted(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Cast", ["s"], ["y"], to=TensorProto.FLOAT),
    ]
    facts = _opened(saved(drawn(nodes, inputs=FREE), tmp_path / "m.onnx"), tmp_path / "work").facts
    assert any("do not depend on the inputs" in note for note in facts.notes)


def test_a_model_that_cannot_run_on_assumed_shapes_names_the_node_and_the_way_out(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "z"], ["y"], name="sum")]
    inputs = [("x", TensorProto.FLOAT, ("seq",)), ("z", TensorProto.FLOAT, ("height",))]
    model = saved(drawn(nodes, inputs=inputs), tmp_path / "m.onnx")
    refusal = _opened(model, tmp_path / "work").common
    assert isinstance(refusal, NativeRefusal)
    assert "cannot run the model on these inputs: node 'sum' (Add)" in refusal.message
    assert "--shape" in refusal.hint


def test_what_native_refuses_is_still_ready_for_the_page(tmp_path: Path) -> None:
    unknown = drawn([helper.make_node("Frobnicate", ["x"], ["y"], name="frob")], inputs=FREE)
    subject = _opened(saved(unknown, tmp_path / "m.onnx"), tmp_path / "work")
    assert isinstance(subject.common, NativeRefusal)
    assert subject.original.path.is_file()
    assert set(npz.read(subject.inputs_path, hint="")) == {"x"}
    facts = subject.facts
    assert (facts.original_nodes, facts.nodes, facts.outputs) == (1, (), ())
    assert any("no common graph" in note for note in facts.notes)


def test_an_output_that_is_no_tensor_is_refused(tmp_path: Path) -> None:
    model = drawn([helper.make_node("SequenceConstruct", ["x"], ["y"], name="seq")])
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    model.graph.output[0].type.CopyFrom(helper.make_sequence_type_proto(tensor))
    with pytest.raises(ModelUnusable, match="'y' is no tensor"):
        _opened(saved(model, tmp_path / "m.onnx"), tmp_path / "work")


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT16, TensorProto.INT64, TensorProto.BOOL])
def test_other_element_types_go_all_the_way(tmp_path: Path, dtype: int) -> None:
    nodes = [helper.make_node("Cast", ["x"], ["y"], name="c", to=TensorProto.FLOAT)]
    model = saved(drawn(nodes, inputs=[("x", dtype, (4, 5))]), tmp_path / "m.onnx")
    facts = _opened(model, tmp_path / "work").facts
    assert facts.nodes[0].bytes == 20 * (np.dtype(facts.inputs[0].dtype).itemsize + 4)


def test_a_body_of_if_counts_as_its_node(tmp_path: Path) -> None:
    then = helper.make_graph(
        [relu("then", "x", "t")], "then", [], [helper.make_tensor_value_info("t", 1, None)]
    )
    other = helper.make_graph(
        [relu("else", "x", "e")], "else", [], [helper.make_tensor_value_info("e", 1, None)]
    )
    node = helper.make_node("If", ["c"], ["y"], name="choice", then_branch=then, else_branch=other)
    model = drawn([node], inputs=[("x", TensorProto.FLOAT, (2, 3)), ("c", TensorProto.BOOL, ())])
    facts = _opened(saved(model, tmp_path / "m.onnx"), tmp_path / "work").facts
    assert [(row.name, row.flops, row.output_shapes) for row in facts.nodes] == [("choice", None, ((2, 3),))]
