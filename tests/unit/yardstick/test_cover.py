"""Which loop nests a node is made of, on hand-made nodes and on the zoo's real graphs."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof.kernels.families.average_pool import AveragePool
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.transposed import Transposed
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.subject import StagedModel
from gapprof.records.twins import TwinNode
from gapprof.yardstick.cover import covered
from gapprof.yardstick.shapes import family_of, shape_of
from tests.unit.conftest import OfTheZoo

Shape = tuple[int, ...]
ZOO = Path(__file__).parents[3] / "reports" / "zoo"


def twin(
    op: str,
    inputs: list[Shape],
    output: Shape,
    *,
    weights: int = 0,
    domain: str = "",
    whole: tuple[int, ...] = (),
    **attributes: Any,
) -> TwinNode:
    """One node; its last `weights` inputs are constants, and those of the numbers in `whole` are int64."""
    names = [f"i{number}" for number in range(len(inputs))]
    node = helper.make_node(op, names, ["o"], name="n", domain=domain, **attributes)
    constants = names[len(names) - weights :] if weights else []
    graph = helper.make_graph(
        [node],
        "g",
        [],
        [],
        [
            helper.make_tensor(name, TensorProto.FLOAT, shape, [0.0] * math.prod(shape))
            for name, shape in zip(names, inputs, strict=True)
            if name in constants
        ],
    )
    specs = [
        TensorSpec(name=name, dtype="int64" if number in whole else "float32", shape=shape)
        for number, (name, shape) in enumerate(zip(names, inputs, strict=True))
        if name not in constants
    ]
    size = 4 * (sum(math.prod(shape) for shape in inputs) + math.prod(output))
    row = NodeCensus(
        name="n",
        op_type=op,
        domain=domain,
        flops=None,
        bytes=size,
        output_shapes=(output,),
        output_dtypes=("float32",),
    )
    return covered(graph, specs, [row])[0]


def parts(*given: Any, **named: Any) -> list[Any]:
    return [shape_of(part) for part in twin(*given, **named).parts]


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


def moved(*given: Any, **named: Any) -> list[Moved]:
    found = parts(*given, **named)
    assert all(isinstance(part, Moved) for part in found)
    return found


def carried_out(shapes: list[Moved], sources: list[Any], count: int) -> Any:
    """What the runs make of their sources."""
    result = np.full(count, np.nan)
    for shape, source in zip(shapes, sources, strict=True):
        flat = source.ravel()
        for index in np.ndindex(*shape.sizes):
            start = int(sum(np.multiply(index, shape.source_steps)))
            goal = int(sum(np.multiply(index, shape.result_steps)) + shape.result_first)
            result[goal : goal + shape.run] = flat[start : start + shape.run]
    return result


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (2, 0, 1, 3), (1, 0, 2, 3)])
def test_an_axis_that_stays_is_moved_in_runs(order: tuple[int, ...]) -> None:
    source = np.arange(120.0).reshape(2, 3, 4, 5)
    wanted = source.transpose(order)
    found = moved("Transpose", [source.shape], wanted.shape, perm=list(order))
    np.testing.assert_array_equal(carried_out(found, [source], 120), wanted.ravel())


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_what_is_joined_comes_input_by_input(axis: int) -> None:
    left = np.arange(24.0).reshape(2, 3, 4)
    right = -np.take(left, [0, 1], axis)
    wanted = np.concatenate([left, right], axis)
    found = moved("Concat", [left.shape, right.shape], wanted.shape, axis=axis)
    np.testing.assert_array_equal(carried_out(found, [left, right], wanted.size), wanted.ravel())


def sliced(steps: int) -> TwinNode:
    """Rows 1 to 3 of four, by constants."""
    node = helper.make_node("Slice", ["x", "from", "to", "axes", "steps"], ["o"], name="n")
    values = {"from": 1, "to": 3, "axes": 0, "steps": steps}
    weights = [helper.make_tensor(name, TensorProto.INT64, (1,), [value]) for name, value in values.items()]
    row = NodeCensus(
        name="n",
        op_type="Slice",
        domain="",
        flops=0,
        bytes=128,
        output_shapes=((2, 4),),
        output_dtypes=("float32",),
    )
    specs = [TensorSpec(name="x", dtype="float32", shape=(4, 4))]
    return covered(helper.make_graph([node], "g", [], [], weights), specs, [row])[0]


def test_what_is_cut_out_is_a_run_unless_it_leaves_out_elements() -> None:
    (part,) = (shape_of(part) for part in sliced(steps=1).parts)
    assert (part.sizes, part.run, part.source_count) == ((), 8, 16)
    assert "leave out elements" in sliced(steps=2).why


def test_a_table_is_read_all_over() -> None:
    (found,) = moved("Gather", [(1000, 16), (10,)], (10, 16), whole=(1,), axis=0)
    assert (found.sizes, found.run, found.source_steps) == ((10,), 16, (1600,))


def test_what_is_repeated_is_read_again() -> None:
    (found,) = moved("Expand", [(1, 6), (2,)], (5, 6), whole=(1,))
    assert (found.sizes, found.run, found.source_steps) == ((5,), 6, (0,))


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


def quantised(
    op: str,
    a: Shape,
    b: Shape,
    output: Shape,
    *,
    domain: str = "",
    weight: int = -65,
    **attributes: Any,
) -> TwinNode:
    """A node of bytes: a, its scale and zero point, b and its own, those of the result."""
    names = ["a", "scale", "zero", "b", "scale", "zero", "scale", "zero"]
    kinds = {"scale": (TensorProto.FLOAT, ()), "zero": (TensorProto.UINT8, ()), "b": (TensorProto.INT8, b)}
    node = helper.make_node(op, names, ["o"], name="n", domain=domain, **attributes)
    weights = [
        helper.make_tensor(name, kind, shape, [weight if name == "b" else 0] * math.prod(shape))
        for name, (kind, shape) in kinds.items()
    ]
    graph = helper.make_graph([node], "g", [], [], weights)
    specs = [TensorSpec(name="a", dtype="uint8", shape=a)]
    row = NodeCensus(
        name="n",
        op_type=op,
        domain=domain,
        flops=1,
        bytes=1,
        output_shapes=(output,),
        output_dtypes=("uint8",),
    )
    return covered(graph, specs, [row])[0]


def test_bytes_are_convolved_in_pairs_of_channels() -> None:
    node = quantised("QLinearConv", (1, 3, 8, 8), (16, 3, 3, 3), (1, 16, 8, 8), pads=[1, 1, 1, 1])
    assert [shape_of(part) for part in node.parts] == [
        Paired(channels=3, height=8, width=8, pads=(1, 1, 1, 1), unsigned=True),
        ConvInt8(channels=3, filters=16, height=10, width=10, kernel=(3, 3), unsigned=True),
    ]


@pytest.mark.parametrize(
    ("weight", "channels", "kind"), [(-64, 8, ConvInt8Narrow), (-65, 8, ConvInt8), (63, 6, ConvInt8)]
)
def test_weights_of_seven_bits_have_one_more_schedule(weight: int, channels: int, kind: type) -> None:
    image, filters = (1, channels, 8, 8), (16, channels, 1, 1)
    node = quantised("QLinearConv", image, filters, (1, 16, 8, 8), weight=weight)
    assert type(shape_of(node.parts[-1])) is kind
    product = quantised("QLinearMatMul", (2, 5, channels), (channels, 24), (2, 5, 24), weight=weight)
    assert type(shape_of(product.parts[-1])) is kind


def test_groups_of_bytes_are_paired_by_themselves() -> None:
    node = quantised("QLinearConv", (2, 6, 8, 8), (4, 3, 3, 3), (2, 4, 6, 6), group=2)
    assert [shape_of(part) for part in node.parts] == [
        Paired(batch=4, channels=3, height=8, width=8, pads=(0, 0, 0, 0), unsigned=True),
        ConvInt8Grouped(
            batch=2, channels=6, filters=4, height=8, width=8, kernel=(3, 3), unsigned=True, groups=2
        ),
    ]


def test_channels_of_bytes_by_themselves_are_not_paired() -> None:
    node = quantised("QLinearConv", (1, 6, 8, 9), (6, 1, 3, 3), (1, 6, 8, 9), group=6, pads=[1] * 4)
    assert [shape_of(part) for part in node.parts] == [
        Padded(planes=6, height=8, width=9, pads=(1, 1, 1, 1), element="i8"),
        DepthwiseInt8(
            channels=6,
            filters=6,
            height=10,
            width=11,
            kernel=(3, 3),
            unsigned=True,
            unsigned_source=True,
        ),
    ]


def test_a_product_of_bytes_is_a_convolution_of_one_row() -> None:
    node = quantised("QLinearMatMul", (2, 5, 32), (32, 24), (2, 5, 24))
    assert [shape_of(part) for part in node.parts] == [
        ConvInt8(channels=32, filters=10, height=1, width=24, kernel=(1, 1))
    ]


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (quantised("QLinearConv", (1, 3, 8, 3), (16, 3, 1, 1), (1, 16, 8, 3)), "too short"),
        (quantised("QLinearMatMul", (5, 32), (32, 3), (5, 3)), "too short"),
    ],
)
def test_bytes_that_have_no_twin_say_why(node: TwinNode, why: str) -> None:
    assert why in node.why


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


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("mobilenetv2", 0.99),
        ("resnet20", 0.99),
        ("squeezenet", 0.99),
        ("bert-small", 0.99),
        ("decoder-small", 0.99),
        ("int8-cnn", 0.99),
    ],
)
def test_nodes_with_twins_do_nearly_all_of_the_zoos_arithmetic(
    model: str, least: float, of_the_zoo: OfTheZoo
) -> None:
    subject = of_the_zoo(model)
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    nodes = {node.name: node for node in covered(graph, subject.facts.inputs, subject.facts.nodes)}
    flops = {row.name: row.flops or 0 for row in subject.facts.nodes}
    assert nodes.keys() == flops.keys()
    with_twin = sum(count for name, count in flops.items() if nodes[name].parts)
    assert with_twin >= least * sum(flops.values())
    web_ms = web_ms_of(model)
    timed = sum(ms for name, ms in web_ms.items() if nodes[name].parts)
    assert timed >= 0.95 * sum(web_ms.values())
    for node in nodes.values():
        for part in node.parts:
            shape = shape_of(part)
            assert min(family_of(shape).buffers(shape)) > 0


def web_ms_of(model: str) -> dict[str, float]:
    """Per node, in the published report."""
    report = json.loads((ZOO / f"{model}.json").read_text())
    rows = [row for row in report["operators"] if row["op_type"] != "overhead"]
    return {row["name"]: row["web_ms"] or 0.0 for row in rows}


@pytest.mark.parametrize("model", ["resnet20", "int8-cnn"])
def test_a_twin_does_as_many_flops_as_its_node(model: str, of_the_zoo: OfTheZoo) -> None:
    subject = of_the_zoo(model)
    assert isinstance(subject.common, StagedModel)
    graph = onnx.load(str(subject.common.path), load_external_data=False).graph
    rows = {row.name: row for row in subject.facts.nodes}
    seen = 0
    for node in covered(graph, subject.facts.inputs, subject.facts.nodes):
        main = [part for part in map(shape_of, node.parts) if isinstance(part, Gemm | Conv | ConvInt8)]
        if main:
            seen += 1
            assert sum(part.flops for part in main) == rows[node.name].flops
    assert seen >= 20
