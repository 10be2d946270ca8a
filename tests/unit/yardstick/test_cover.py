"""Which loop nests a node is made of, on hand-made nodes."""

from typing import Any

import pytest
from onnx import helper

from gapprof.kernels.families.average_pool import AveragePool
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.yardstick.cover import covered
from tests.unit.yardstick.covering import Shape, parts, twin


def test_a_matrix_product_with_a_weight_takes_all_rows_at_once() -> None:
    found = parts("MatMul", [(2, 16, 8), (8, 24)], (2, 16, 24), weights=1)
    assert found == [Gemm(rows=32, depth=8, columns=24, packed=True)]


def test_a_product_of_two_activations_is_batched_and_not_packed() -> None:
    found = parts("MatMul", [(2, 4, 16, 8), (2, 4, 8, 24)], (2, 4, 16, 24))
    assert found == [Gemm(rows=16, depth=8, columns=24, batch=8, packed=False)]


def test_a_transposed_operand_is_turned_first() -> None:
    found = parts(
        "FusedMatMul", [(4, 16, 8), (4, 24, 8)], (4, 16, 24), domain="com.microsoft", transB=1, alpha=0.5
    )
    assert found == [
        Transposed(batch=4, rows=24, columns=8),
        Gemm(rows=16, depth=8, columns=24, batch=4, packed=False),
    ]


def test_a_dense_layer_has_its_bias_and_activation() -> None:
    found = parts(
        "FusedGemm",
        [(3, 8), (24, 8), (24,)],
        (3, 24),
        weights=2,
        domain="com.microsoft",
        transB=1,
        activation="Relu",
    )
    assert found == [Gemm(rows=3, depth=8, columns=24, bias="column", activation="relu")]


def test_a_window_of_one_is_a_matrix_product() -> None:
    found = parts("Conv", [(1, 8, 7, 7), (16, 8, 1, 1), (16,)], (1, 16, 7, 7), weights=2)
    assert found == [Gemm(rows=16, depth=8, columns=49, packed=False, bias="row")]


def test_a_window_that_looks_over_the_edge_wants_a_border() -> None:
    found = parts(
        "FusedConv",
        [(1, 8, 7, 9), (16, 8, 3, 3)],
        (1, 16, 4, 5),
        weights=1,
        domain="com.microsoft",
        pads=[1, 1, 1, 1],
        strides=[2, 2],
        activation="Clip",
    )
    border = Padded(planes=8, height=7, width=9, pads=(1, 1, 1, 1))
    direct = Conv(
        channels=8, filters=16, height=9, width=11, kernel=(3, 3), stride=(2, 2), activation="clip6"
    )
    assert found == [border, direct]
    assert direct.out == (4, 5)


def test_a_filter_for_each_channel_is_depthwise() -> None:
    found = parts("Conv", [(1, 8, 7, 7), (8, 1, 3, 3)], (1, 8, 5, 5), weights=1, group=8)
    assert found == [Depthwise(channels=8, filters=8, groups=8, height=7, width=7, kernel=(3, 3))]


def test_a_convolution_along_a_line_is_one_of_an_image_with_one_row() -> None:
    found = parts("Conv", [(1, 8, 20), (4, 8, 3)], (1, 4, 20), weights=1, pads=[1, 1])
    assert found[0] == Padded(planes=8, height=1, width=20, pads=(0, 1, 0, 1))
    assert found[1].out == (1, 20)


@pytest.mark.parametrize(
    ("right", "wanted"),
    [
        ((2, 3, 4), Combined(rows=1, columns=24, op="add", right="all")),
        ((1,), Combined(rows=1, columns=24, op="add", right="one")),
        ((4,), Combined(rows=6, columns=4, op="add", right="row")),
        ((1, 3, 4), Combined(rows=2, columns=12, op="add", right="row")),
        ((2, 3, 1), Combined(rows=6, columns=4, op="add", right="column")),
        ((2, 1, 1), Combined(rows=2, columns=12, op="add", right="column")),
    ],
)
def test_operands_are_broadcast_as_they_lie(right: Shape, wanted: Combined) -> None:
    assert parts("Add", [(2, 3, 4), right], (2, 3, 4)) == [wanted]
    assert parts("Add", [right, (2, 3, 4)], (2, 3, 4)) == [wanted]


def test_others() -> None:
    assert parts("Relu", [(2, 9)], (2, 9)) == [Mapped(count=18, function="relu")]
    assert parts("Softmax", [(2, 9)], (2, 9), axis=1) == [Softmax(rows=2, columns=9)]
    assert parts("LayerNormalization", [(2, 9), (9,), (9,)], (2, 9), weights=2) == [
        LayerNorm(rows=2, columns=9)
    ]
    assert parts("LayerNormalization", [(2, 9), (9,), (9,)], (2, 9), weights=2, epsilon=0.5) == [
        LayerNorm(rows=2, columns=9, epsilon=0.5)
    ]
    assert parts("Transpose", [(2, 9, 5)], (2, 5, 9), perm=[0, 2, 1]) == [
        Transposed(batch=2, rows=9, columns=5)
    ]
    assert parts("BiasGelu", [(2, 9), (9,)], (2, 9), weights=1, domain="com.microsoft") == [
        Combined(rows=2, columns=9, op="add", right="row", activation="gelu")
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("Einsum", [(2, 2)], (2, 2)), "no twin is written"),
        (("Softmax", [(2, 3, 4)], (2, 3, 4)), ""),
        (("Transpose", [(2, 3, 4)], (4, 3, 2)), "the last axis"),
        (("MatMul", [(4,), (4, 2)], (2,)), "a vector"),
        (("Relu", [(0, 9)], (0, 9)), "is empty"),
        (("Conv", [(1, 1, 40, 40), (1, 1, 31, 31)], (1, 1, 10, 10)), "31x31 is too large"),
        (("Relu", [(1 << 14, 1 << 14)], (1 << 14, 1 << 14)), "buffers take 2.00 GiB"),
        (("MatMul", [(3, 1, 4, 5), (2, 5, 6)], (3, 2, 4, 6)), "broadcast"),
    ],
)
def test_what_has_no_twin_says_why(given: Any, why: str) -> None:
    found = twin(*given)
    assert bool(found.parts) is not bool(why)
    assert why in found.why


@pytest.mark.parametrize(
    ("op", "named", "why"),
    [
        ("GRU", {}, "reset comes before"),
        ("GRU", {"linear_before_reset": 1, "activations": ["HardSigmoid", "Tanh"]}, "other functions"),
        ("GRU", {"linear_before_reset": 1, "clip": 1.0}, "are clipped"),
        ("GRU", {"linear_before_reset": 1, "activations": ["Sigmoid", "Tanh"]}, ""),
    ],
)
def test_unusual_gates_have_no_twin(op: str, named: dict[str, Any], why: str) -> None:
    shapes: list[Shape] = [(5, 3, 4), (1, 18, 4), (1, 18, 6)]
    found = twin(op, shapes, (5, 1, 3, 6), weights=2, hidden_size=6, **named)
    assert bool(found.parts) is not bool(why)
    assert why in found.why


def test_a_pool_that_looks_over_the_edge_wants_a_border() -> None:
    found = parts("MaxPool", [(1, 2, 6, 6)], (1, 2, 3, 3), kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    assert found[0] == Padded(planes=2, height=6, width=6, pads=(0, 0, 1, 1))
    assert found[1].out == (3, 3)


@pytest.mark.parametrize(
    ("output", "named", "columns"),
    [
        ((2, 3, 1), {}, 4),
        ((2, 1, 1), {}, 12),
        ((1, 1, 1), {}, 24),
        ((2, 3), {"keepdims": 0, "axes": [-1]}, 4),
        ((2,), {"keepdims": 0, "axes": [1, 2]}, 12),
    ],
)
def test_the_last_axes_are_reduced_row_by_row(output: Shape, named: dict[str, Any], columns: int) -> None:
    (found,) = parts("ReduceMean", [(2, 3, 4)], output, **named)
    assert found == Mean(rows=24 // columns, columns=columns)


def test_axes_in_between_are_not_reduced_row_by_row() -> None:
    assert "not the last ones" in twin("ReduceSum", [(2, 3, 4)], (2, 1, 4)).why
    assert "told by a tensor" in twin("ReduceSum", [(4, 4), (1,)], (4,), whole=(1,), keepdims=0).why


def test_a_window_is_averaged() -> None:
    found = parts("AveragePool", [(1, 8, 6, 6)], (1, 8, 3, 3), kernel_shape=[2, 2], strides=[2, 2])
    assert found == [AveragePool(planes=8, height=6, width=6, kernel=(2, 2), stride=(2, 2))]


def test_what_is_not_f32_has_no_twin_though_it_takes_as_many_bytes() -> None:
    nodes = [
        helper.make_node("Shape", ["a"], ["s"], name="s"),
        helper.make_node("Add", ["i", "i"], ["o"], name="n"),
        helper.make_node("Add", ["s", "s"], ["p"], name="m"),
    ]
    graph = helper.make_graph(nodes, "g", [], [])
    specs = [
        TensorSpec(name="a", dtype="float32", shape=(4,)),
        TensorSpec(name="i", dtype="int32", shape=(4,)),
    ]
    rows = [
        NodeCensus(
            name=name,
            op_type=op,
            domain="",
            flops=4,
            bytes=size,
            output_shapes=(shape,),
            output_dtypes=(dtype,),
        )
        for name, op, size, shape, dtype in (
            ("s", "Shape", 24, (1,), "int64"),
            ("n", "Add", 32, (4,), "int32"),
            ("m", "Add", 8, (1,), "int64"),
        )
    ]
    found = {node.name: node for node in covered(graph, specs, rows)}
    assert "f32" in found["n"].why
    assert "f32" in found["m"].why


def test_what_is_not_f32_has_no_twin() -> None:
    node = helper.make_node("Add", ["a", "b"], ["o"], name="n")
    graph = helper.make_graph([node], "g", [], [])
    specs = [TensorSpec(name=name, dtype="int64", shape=(4,)) for name in "ab"]
    row = NodeCensus(
        name="n",
        op_type="Add",
        domain="",
        flops=4,
        bytes=3 * 8 * 4,
        output_shapes=((4,),),
        output_dtypes=("int64",),
    )
    assert "f32" in covered(graph, specs, [row])[0].why
