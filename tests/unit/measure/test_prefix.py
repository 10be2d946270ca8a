"""The first nodes of a model as a model of their own."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.measure.prefix import first_nodes
from gapprof.parting.graph import graph_of
from tests.unit.subject.drawing import drawn, relu, with_external_data


def cut(model: onnx.ModelProto, count: int, folder: Path) -> onnx.ModelProto:
    with first_nodes(model, graph_of(model), count, folder) as path:
        return onnx.load(path, load_external_data=False)


def shape(model: onnx.ModelProto) -> tuple[list[str], list[str], list[str], list[str]]:
    """Names of inputs, nodes, weights and outputs."""
    graph = model.graph
    return (
        [port.name for port in graph.input],
        [node.name for node in graph.node],
        [weight.name for weight in graph.initializer],
        [port.name for port in graph.output],
    )


@pytest.fixture
def branched() -> onnx.ModelProto:
    """A value that two nodes take, a node whose second output nobody does, and one whose only one nobody."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], name="product"),
        relu("left", "a", "b"),
        helper.make_node("Dropout", ["a"], ["c", "mask"], name="right"),
        relu("vain", "x", "nothing"),
        helper.make_node("Add", ["b", "c"], ["d"], name="sum"),
        helper.make_node("Mul", ["d", "v"], ["y"], name="scaled"),
    ]
    return drawn(nodes, weights={"w": np.eye(3, dtype=np.float32), "v": np.float32(2)})


@pytest.mark.parametrize(
    ("count", "weights", "outputs"),
    [
        (1, ["w"], ["a"]),
        (2, ["w"], ["a", "b"]),
        (3, ["w"], ["b", "c"]),
        (4, ["w"], ["b", "c"]),
        (5, ["w"], ["d"]),
        (6, ["w", "v"], ["y"]),
    ],
)
def test_it_gives_what_the_nodes_after_it_take_and_holds_the_weights_that_it_takes(
    count: int, weights: list[str], outputs: list[str], branched: onnx.ModelProto, tmp_path: Path
) -> None:
    found = cut(branched, count, tmp_path)
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(found))
    names = [node.name for node in branched.graph.node[:count]]
    assert shape(found) == (["x"], names, weights, outputs)


def test_all_of_it_is_the_model(branched: onnx.ModelProto, tmp_path: Path) -> None:
    assert cut(branched, len(branched.graph.node), tmp_path).graph == branched.graph


@pytest.mark.parametrize("nodes", [[relu()], [relu("vain", "x", "nothing"), relu()]])
def test_what_gives_nothing_gives_a_constant(nodes: list[onnx.NodeProto], tmp_path: Path) -> None:
    model = drawn(nodes)
    inputs, names, weights, outputs = shape(cut(model, len(nodes) - 1, tmp_path))
    assert (inputs, names) == (["x"], [node.name for node in nodes[:-1]])
    assert weights == outputs != []


def test_weights_outside_the_file_stay_there(tmp_path: Path) -> None:
    staged = with_external_data(tmp_path / "model")
    model = onnx.load(staged.path, load_external_data=False)
    before = sorted(staged.path.parent.iterdir())
    with first_nodes(model, graph_of(model), 1, staged.path.parent) as path:
        assert path.parent == staged.path.parent
        found = onnx.load(path, load_external_data=False)
        assert path.name not in {one.name for one in before}
    assert [weight.SerializeToString() for weight in found.graph.initializer] == [
        weight.SerializeToString() for weight in model.graph.initializer
    ]
    assert found.graph.initializer[0].data_location == TensorProto.EXTERNAL
    assert sorted(staged.path.parent.iterdir()) == before


def test_a_weight_that_is_an_input_as_well_has_to_be_given_by_nobody(tmp_path: Path) -> None:
    """As up to IR version 3."""
    nodes = [relu("first", "x", "a"), helper.make_node("Mul", ["a", "w"], ["y"], name="second")]
    scalar = ("w", TensorProto.FLOAT, ())
    model = drawn(nodes, inputs=[("x", TensorProto.FLOAT, (2, 3)), scalar], weights={"w": np.float32(2)})
    assert shape(cut(model, 1, tmp_path))[0] == ["x"]
    assert shape(cut(model, 2, tmp_path))[0] == ["x", "w"]


def test_what_a_later_subgraph_takes_is_given(tmp_path: Path) -> None:
    branch = helper.make_graph([relu("inner", "a", "b")], "branch", [], [onnx.ValueInfoProto(name="b")])
    nodes = [
        relu("outer", "x", "a"),
        helper.make_node("If", ["c"], ["y"], name="if", then_branch=branch, else_branch=branch),
    ]
    model = drawn(nodes, weights={"c": np.bool_(True)})
    assert shape(cut(model, 1, tmp_path))[3] == ["a"]
