"""Which tensors are looked at until the node is known at which outputs part."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from gapprof.parting.cutting import with_outputs
from gapprof.parting.graph import MOST, Graph, given, graph_of, next_look

PORT = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]


def model(nodes: Sequence[onnx.NodeProto]) -> onnx.ModelProto:
    weight = numpy_helper.from_array(np.ones(2, np.float32), "w")
    return helper.make_model(helper.make_graph(nodes, "g", PORT[:1], PORT[1:], [weight]))


def node(op_type: str, inputs: Sequence[str], output: str) -> onnx.NodeProto:
    return helper.make_node(op_type, inputs, [output], name=f"node-of-{output}")


def chain(length: int) -> Graph:
    names = ["x", *(f"t{number}" for number in range(1, length)), "y"]
    return graph_of(model([node("Neg", [one], two) for one, two in pairwise(names)]))


def found(graph: Graph, wrong: Collection[str], output: str = "y") -> tuple[str, int]:
    """The tensor at which it ends where these are apart, and after how many looks."""
    apart, same = {output}, set[str]()
    looks = 0
    while wanted := next_look(graph, apart, same):
        assert len(wanted) <= MOST
        assert not {*wanted} & (apart | same), "nothing is looked at twice"
        looks += 1
        apart |= {*wanted} & {*wrong}
        same |= {*wanted} - {*wrong}
    first = min(apart, key=lambda one: graph.places[one])
    assert same.issuperset(given(graph, first)), "all that it is made from was seen to agree"
    return first, looks


@pytest.mark.parametrize("begin", [1, 2, 500, 998, 999])
def test_of_a_thousand_nodes_in_a_row_the_one_at_fault_takes_four_looks_at_most(begin: int) -> None:
    first, looks = found(chain(1000), {f"t{number}" for number in range(begin, 1000)})
    assert first == f"t{begin}"
    assert looks <= 4


def test_the_last_node_is_at_fault_where_all_before_it_agree() -> None:
    first, looks = found(chain(1000), ())
    assert first == "y"
    assert looks <= 4


def test_a_node_alone_takes_no_look() -> None:
    assert found(chain(1), ()) == ("y", 0)


def test_a_branch_that_agrees_is_left_alone() -> None:
    left = [node("Neg", ["x"], "a0"), *(node("Neg", [f"a{n}"], f"a{n + 1}") for n in range(50))]
    right = [node("Abs", ["x"], "b0"), *(node("Abs", [f"b{n}"], f"b{n + 1}") for n in range(50))]
    both = graph_of(model([*left, *right, node("Add", ["a50", "b50"], "y")]))
    first, looks = found(both, {f"b{number}" for number in range(20, 51)})
    assert first == "b20"
    assert looks <= 5


def test_constants_and_what_no_page_hands_out_are_passed_by() -> None:
    value = numpy_helper.from_array(np.ones(2, np.float32))
    graph = graph_of(
        model(
            [
                helper.make_node("Constant", [], ["c"], name="c", value=value),
                node("Neg", ["x"], "a"),
                node("SequenceConstruct", ["a", "c"], "list"),
                node("ConcatFromSequence", ["list"], "y"),
            ]
        )
    )
    assert given(graph, "y") == ("a",)
    assert next_look(graph, {"y"}, set()) == ("a",)


def test_what_a_subgraph_takes_from_around_it_is_given_to_its_node() -> None:
    def branch(name: str) -> onnx.GraphProto:
        out = helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])
        return helper.make_graph([helper.make_node("Neg", ["a"], [name])], name, [], [out])

    chosen = helper.make_node("If", ["c"], ["y"], then_branch=branch("p"), else_branch=branch("q"))
    graph = graph_of(model([node("Neg", ["x"], "a"), node("IsNaN", ["x"], "c"), chosen]))
    assert given(graph, "y") == ("a", "c")
    assert graph.maker("y").name == "y", "a node without a name has that of what it makes"


def test_more_outputs_last_as_long_as_the_file_that_has_them(tmp_path: Path) -> None:
    whole = model([node("Neg", ["x"], "a"), node("Neg", ["a"], "y")])
    with with_outputs(whole, ("a", "y"), tmp_path / "more.onnx") as path:
        assert [port.name for port in onnx.load(path).graph.output] == ["y", "a"]
    assert not path.exists()
    assert [port.name for port in whole.graph.output] == ["y"]
