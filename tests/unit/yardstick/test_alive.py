import math

import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper

from gapprof.backends.synthetic import Machine
from gapprof.records.model import ModelFacts, NodeCensus, TensorSpec
from gapprof.records.settings import Settings
from gapprof.yardstick.alive import alive_bytes
from tests.truth.recorder import record

FACTS = record(Machine(), Settings(threads=1), page_threads=1).begin.model
Step = tuple[str, tuple[str, ...], str, tuple[int, ...]]
"""Operator, what it reads, what it writes and its shape."""


def alive(*steps: Step, reads: tuple[int, ...] = (10,), gives: str = "y") -> int:
    nodes = [helper.make_node(op, ins, [out], name=out) for op, ins, out, _ in steps]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, reads)],
        [helper.make_tensor_value_info(gives, TensorProto.FLOAT, None)],
    )
    return alive_bytes(graph, facts(steps, reads, graph))


def facts(steps: tuple[Step, ...], reads: tuple[int, ...], graph: onnx.GraphProto) -> ModelFacts:
    rows = tuple(
        NodeCensus(
            name=out,
            op_type=op,
            domain="",
            flops=0,
            bytes=4 * math.prod(shape),
            output_shapes=(shape,),
            output_dtypes=("float32",),
        )
        for op, _, out, shape in steps
    )
    assert len(graph.node) == len(rows)
    return replace(FACTS, inputs=(TensorSpec(name="x", dtype="float32", shape=reads),), nodes=rows)


def test_a_chain_keeps_two_tensors_alive() -> None:
    assert alive(("Relu", ("x",), "a", (30,)), ("Relu", ("a",), "y", (20,))) == 4 * 50


def test_what_is_read_again_later_stays() -> None:
    chain = ("Relu", ("x",), "a", (10,)), ("Relu", ("a",), "b", (10,)), ("Relu", ("b",), "y", (10,))
    kept = (*chain[:2], ("Add", ("b", "x"), "y", (10,)))
    assert alive(*chain) == 4 * 20
    assert alive(*kept) == 4 * 30


def test_weights_are_no_part_of_it() -> None:
    assert alive(("MatMul", ("x", "w"), "y", (5,))) == 4 * 15


def test_an_output_stays_to_the_end() -> None:
    steps = ("Relu", ("x",), "y", (10,)), ("Relu", ("x",), "b", (10,)), ("Relu", ("b",), "c", (10,))
    assert alive(*steps) == 4 * 30


@pytest.mark.parametrize("view", ["Reshape", "Flatten", "Squeeze"])
def test_another_name_for_a_tensor_takes_nothing(view: str) -> None:
    steps = ("Relu", ("x",), "a", (30,)), (view, ("a",), "b", (3, 10)), ("Relu", ("b",), "y", (30,))
    assert alive(*steps) == 4 * 60


def test_a_sum_around_a_view_gives_it_back() -> None:
    """Read last under its old name: twelve such blocks keep no more alive than one."""

    def blocks(count: int) -> int:
        steps: list[Step] = []
        for number in range(count):
            before = f"x{number}" if number else "x"
            steps += [
                ("Reshape", (before,), f"v{number}", (10,)),
                ("Relu", (f"v{number}",), f"r{number}", (10,)),
                ("Add", (f"r{number}", before), f"x{number + 1}", (10,)),
            ]
        return alive(*steps, gives=f"x{count}")

    assert blocks(12) == blocks(1) == 4 * 30


def test_two_names_of_one_tensor_keep_it_alive() -> None:
    views = ("Reshape", ("x",), "a", (10,)), ("Reshape", ("x",), "b", (10,))
    steps = (
        *views,
        ("Relu", ("a",), "c", (10,)),
        ("Relu", ("c",), "d", (10,)),
        ("Add", ("d", "b"), "y", (10,)),
    )
    assert alive(*steps) == 4 * 30
