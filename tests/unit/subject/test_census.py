import numpy as np
from onnx import TensorProto, helper

from gapprof.records.model import TensorSpec
from gapprof.subject.census import census
from gapprof.subject.observe import Flow
from tests.unit.subject.drawing import drawn

X = (TensorSpec(name="x", dtype="float32", shape=(2, 3)),)
WEIGHTS = {"w": np.ones((3, 5), np.float32)}


def _flow(*shape: int, dtype: str = "float") -> tuple[Flow, ...]:
    return (Flow(dtype=dtype, shape=shape),)


def test_a_row_counts_inputs_weights_and_outputs_once() -> None:
    model = drawn([helper.make_node("MatMul", ["x", "w"], ["y"], name="mm")], weights=WEIGHTS)
    (row,) = census(model.graph, X, {"mm": _flow(2, 5)})
    assert row.flops == 2 * 2 * 3 * 5
    assert row.bytes == 4 * (6 + 15 + 10)
    assert row.output_shapes == ((2, 5),)


def test_a_tensor_used_twice_by_one_node_is_read_once() -> None:
    model = drawn([helper.make_node("Mul", ["x", "x"], ["y"], name="square")])
    (row,) = census(model.graph, X, {"square": _flow(2, 3)})
    assert row.bytes == 4 * 12


def test_a_node_that_never_ran_is_not_counted_as_nothing() -> None:
    model = drawn(
        [helper.make_node("Relu", ["x"], ["h"], name="a"), helper.make_node("Relu", ["h"], ["y"], name="b")]
    )
    first, second = census(model.graph, X, {"b": _flow(2, 3)})
    assert (first.flops, first.bytes, first.output_shapes) == (None, None, ())
    assert (second.flops, second.bytes, second.output_shapes) == (6, None, ((2, 3),))


def test_an_optional_output_that_is_absent_does_not_shift_the_others() -> None:
    node = helper.make_node("TopK", ["x", "k"], ["", "y"], name="top")
    model = drawn([node], weights={"k": np.array([1])})
    (row,) = census(model.graph, X, {"top": _flow(2, 1, dtype="int64")})
    assert row.output_shapes == ((2, 1),)
    assert row.bytes == 4 * 6 + 8 + 8 * 2


def test_four_bit_weights_count_half_a_byte() -> None:
    model = drawn([helper.make_node("DequantizeLinear", ["q", "s"], ["y"], name="dq")])
    model.graph.initializer.add(name="q", dims=(10,), data_type=TensorProto.INT4)
    model.graph.initializer.add(name="s", dims=(), data_type=TensorProto.FLOAT)
    (row,) = census(model.graph, X, {"dq": _flow(10)})
    assert row.bytes == 5 + 4 + 40
