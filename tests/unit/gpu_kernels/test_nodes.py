"""From the nodes that ran on a GPU to shapes: the profile says sizes, the file says strides and borders."""

from collections.abc import Sequence

import onnx
import pytest

from gapprof.gpu_kernels.families.conv import Conv
from gapprof.gpu_kernels.families.depthwise import Depthwise
from gapprof.gpu_kernels.nodes import planned
from gapprof.gpu_kernels.shapes import shape_of
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.mapped import Mapped
from gapprof.records.gpu import SeenTensor, SeenTensors
from gapprof.records.gpu_kernels import GpuKernelNode
from gapprof.subject.sketch import Sketch
from tests.unit.facts.gpu_runs import CPU, GPU, node

Shape = tuple[int, ...]


def graph() -> onnx.GraphProto:
    """As `tests.browser.gpu_models.cnn` and its like; only attributes and weights count."""
    sketch = Sketch("file", seed=1)
    x = sketch.input("x", [1, 3, 24, 24])
    x = sketch.conv("a", x, sketch.filters(16, 3, 3, gain=1.0), stride=2, pad=1)
    x = sketch.conv("b", x, sketch.filters(16, 1, 3, gain=1.0), pad=1, group=16)
    x = sketch.conv("c", x, sketch.filters(32, 16, 1, gain=1.0))
    sketch.node("pool", "MaxPool", [x], kernel_shape=[2, 2])
    sketch.output(sketch.linear("head", x, 4608, 10), "y", [1, 10])
    return sketch.model().graph


def seen(name: str, inputs: Sequence[Shape], output: Shape, kind: str = "float") -> SeenTensors:
    return SeenTensors(
        name=name,
        inputs=tuple(SeenTensor(type=kind, shape=shape) for shape in inputs),
        outputs=(SeenTensor(type=kind, shape=output),),
    )


def one(
    name: str,
    op_type: str,
    inputs: Sequence[Shape],
    output: Shape,
    *,
    provider: str = GPU,
    kind: str = "float",
) -> GpuKernelNode:
    (found,) = planned([node(name, op_type, provider)], [seen(name, inputs, output, kind)], graph())
    assert (found.name, found.op_type) == (name, op_type)
    return found


def shapes(found: GpuKernelNode) -> list[object]:
    assert found.why == ""
    return [shape_of(part) for part in found.parts]


def test_a_convolution_with_its_channels_last_is_that_of_the_file() -> None:
    found = one("/a/Conv_token_1", "Conv", [(1, 24, 24, 3), (16,)], (1, 12, 12, 16))
    assert shapes(found) == [
        Conv(
            channels=3,
            filters=16,
            height=24,
            width=24,
            kernel=(3, 3),
            stride=(2, 2),
            pads=(1, 1, 1, 1),
            bias=True,
        )
    ]


def test_filters_are_those_of_the_file_and_a_bias_what_the_library_has() -> None:
    """The library lays constant filters out anew, and its profile no longer tells of them."""
    turned = one("/b/Conv_token_5", "Conv", [(1, 12, 12, 16)], (1, 12, 12, 16))
    assert shapes(turned) == [
        Depthwise(
            channels=16,
            filters=16,
            groups=16,
            height=12,
            width=12,
            kernel=(3, 3),
            pads=(1, 1, 1, 1),
        )
    ]


def test_a_window_of_one_element_is_a_product_of_filters_and_image() -> None:
    found = one("/c/Conv", "FusedConv", [(1, 12, 12, 16), (32, 16, 1, 1), (32,)], (1, 12, 12, 32))
    assert shapes(found) == [Gemm(rows=32, depth=16, columns=144, packed=False, bias="row")]


@pytest.mark.parametrize(
    ("name", "op_type", "inputs", "output", "shape"),
    [
        ("anything", "MatMul", [(4, 8), (8, 6)], (4, 6), Gemm(rows=4, depth=8, columns=6, packed=False)),
        (
            "/wide/MatMul/MatMulAddFusion",
            "Gemm",
            [(4, 8), (8, 6), (6,)],
            (4, 6),
            Gemm(rows=4, depth=8, columns=6, packed=False, bias="column"),
        ),
        ("r", "Relu", [(2, 3, 5)], (2, 3, 5), Mapped(count=30, function="relu")),
        (
            "s",
            "Add",
            [(2, 3, 5), (5,)],
            (2, 3, 5),
            Combined(rows=6, columns=5, op="add", right="row"),
        ),
    ],
)
def test_a_node_whose_shapes_say_all_need_not_be_in_the_file(
    name: str, op_type: str, inputs: Sequence[Shape], output: Shape, shape: object
) -> None:
    assert shapes(one(name, op_type, inputs, output)) == [shape]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (one("d", "MatMul", [(4, 8), (8, 6)], (4, 6), provider=CPU), "the CPU runs it"),
        (one("/pool/MaxPool", "MaxPool", [(1, 12, 12, 32)], (1, 6, 6, 32)), "no shader of ours"),
        (one("t", "Transpose", [(1, 3, 24, 24)], (1, 24, 24, 3)), "no shader of ours"),
        (one("g", "Gather", [(4, 8), (2,)], (2, 8)), "no shader of ours"),
        (one("m", "MatMul", [(4, 8), (8, 6)], (4, 6), kind="float16"), "not all of its tensors are f32"),
        (one("m", "MatMul", [(0, 8), (8, 6)], (0, 6)), "is empty"),
        (one("m", "MatMul", [], (4, 6)), "did not tell its shapes"),
        (one("new", "Gemm", [(4, 8), (8, 6)], (4, 6)), "the library made it"),
        (one("/a/Conv_token_1", "Conv", [(1, 24, 23, 5)], (1, 12, 12, 16)), "how its image lies"),
        (
            one("/c/Conv", "FusedConv", [(1, 12, 12, 16), (32,), (1, 12, 12, 32)], (1, 12, 12, 32)),
            "merges more with it",
        ),
    ],
)
def test_what_has_no_shader_says_why(found: GpuKernelNode, why: str) -> None:
    assert found.parts == ()
    assert why in found.why


def test_copies_between_processors_are_nobodys() -> None:
    assert planned([node("copied", "MemcpyFromHost")], [], graph()) == ()


def test_a_node_that_the_profile_tells_nothing_of_says_so() -> None:
    (found,) = planned([node("m", "MatMul")], [], graph())
    assert "did not tell its shapes" in found.why
