import pytest
from onnx import helper

from gapprof.subject.flops import NodeShapes, Shape, flops

MS = "com.microsoft"


def _flops(
    op: str, inputs: list[Shape | None], outputs: list[Shape | None], domain: str = "", **attributes: object
) -> int | None:
    node = helper.make_node(op, ["i"] * len(inputs), ["o"] * len(outputs), domain=domain, **attributes)
    return flops(NodeShapes(node=node, inputs=tuple(inputs), outputs=tuple(outputs)))


@pytest.mark.parametrize(
    ("op", "domain", "inputs", "output", "attributes", "expected"),
    [
        ("Conv", "", [(1, 3, 8, 8), (4, 3, 3, 3)], (1, 4, 6, 6), {}, 2 * 144 * 27),
        ("Conv", "", [(1, 4, 8, 8), (4, 1, 3, 3)], (1, 4, 8, 8), {"group": 4}, 2 * 256 * 9),
        ("FusedConv", MS, [(1, 3, 8, 8), (4, 3, 1, 1), (4,)], (1, 4, 8, 8), {}, 2 * 256 * 3),
        ("ConvTranspose", "", [(1, 3, 4, 4), (3, 5, 2, 2)], (1, 5, 8, 8), {}, 2 * 48 * 20),
        ("QLinearConv", "", [(1, 2, 4, 4), (), (), (6, 2, 1, 1)], (1, 6, 4, 4), {}, 2 * 96 * 2),
        ("MatMul", "", [(2, 5, 7), (7, 3)], (2, 5, 3), {}, 2 * 30 * 7),
        ("FusedMatMul", MS, [(2, 5, 7), (2, 3, 7)], (2, 5, 3), {"transB": 1}, 2 * 30 * 7),
        ("FusedMatMul", MS, [(7, 5), (7, 3)], (5, 3), {"transA": 1}, 2 * 15 * 7),
        ("Gemm", "", [(4, 6), (9, 6), (9,)], (4, 9), {"transB": 1}, 2 * 36 * 6),
        ("Gemm", "", [(6, 4), (6, 9)], (4, 9), {"transA": 1}, 2 * 36 * 6),
        ("QGemm", MS, [(4, 6), (), (), (9, 6)], (4, 9), {"transB": 1}, 2 * 36 * 6),
        ("MatMulNBits", MS, [(1, 4, 64), (8, 2, 16)], (1, 4, 8), {"K": 64, "N": 8}, 2 * 32 * 64),
        ("Einsum", "", [(2, 3), (3, 4)], (2, 4), {"equation": "ij,jk->ik"}, 2 * 24),
        ("MaxPool", "", [(1, 2, 8, 8)], (1, 2, 4, 4), {"kernel_shape": [3, 3]}, 9 * 32),
        ("GlobalAveragePool", "", [(1, 8, 7, 7)], (1, 8, 1, 1), {}, 8 * 49),
        ("ReduceMean", "", [(4, 10)], (4, 1), {}, 40),
        ("LSTM", "", [(5, 2, 3), (1, 28, 3), (1, 28, 7)], (5, 1, 2, 7), {}, 2 * 5 * 2 * 4 * 7 * 10),
        ("LSTM", "", [(5, 2, 3), (1, 28, 3), (1, 28, 7)], (5, 1, 2, 7), {}, 5600),
        ("Add", "", [(2, 3), (3,)], (2, 3), {}, 6),
        ("SkipLayerNormalization", MS, [(2, 3)], (2, 3), {}, 54),
        ("Gelu", MS, [(10,)], (10,), {}, 120),
        ("Reshape", "", [(2, 3), (1,)], (6,), {}, 0),
        ("Attention", MS, [(1, 4, 8), (8, 24)], (1, 4, 8), {}, 2 * 4 * 8 * 24 + 4 * 16 * 8),
        ("MultiHeadAttention", MS, [(1, 4, 8), (1, 6, 8), (1, 6, 8)], (1, 4, 8), {}, 4 * 4 * 6 * 8),
    ],
)
def test_operations_are_counted_by_the_shapes(
    op: str, domain: str, inputs: list[Shape], output: Shape, attributes: dict[str, object], expected: int
) -> None:
    assert _flops(op, list(inputs), [output], domain, **attributes) == expected


def test_the_explicit_default_domain_is_the_default_domain() -> None:
    assert _flops("Relu", [(4,)], [(4,)], "ai.onnx") == 4


@pytest.mark.parametrize(
    ("op", "inputs", "outputs"),
    [
        ("NobodyKnows", [(1,)], [(1,)]),
        ("Conv", [None, None], [(1, 2, 3, 3)]),
        ("Conv", [(1, 2, 3, 3)], [(1, 2, 3, 3)]),
        ("Add", [(1,)], [None]),
        ("Einsum", [(1,)], [(1,)]),
    ],
)
def test_what_is_not_known_is_none_and_not_zero(
    op: str, inputs: list[Shape | None], outputs: list[Shape | None]
) -> None:
    attributes = {"equation": "...i->i"} if op == "Einsum" else {}
    assert _flops(op, inputs, outputs, **attributes) is None


def test_a_damaged_attribute_does_not_stop_the_census() -> None:
    assert _flops("Einsum", [(2, 3, 4)], [(2,)], equation="ij->i") is None
    assert _flops("LSTM", [(2, 3), (1,), (1,)], [(1,)]) is None
    assert _flops("MatMul", [(), (3,)], [(1,)]) is None
