"""Matrix products and dense layers."""

import math
from typing import Any

from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.transposed import Transposed
from gapprof.yardstick.node import Node, NoTwinError, Parts, Rules, activation_of


def _matmul(node: Node) -> Parts:
    """[…, rows, depth] times a matrix, or times as many matrices."""
    a, b = node.input(0), node.input(1)
    if node.attribute("transBatchA", 0) or node.attribute("transBatchB", 0):
        raise NoTwinError("its batch is transposed")
    if len(a) < 2 or len(b) < 2:
        raise NoTwinError("it multiplies a vector")
    a_transposed, b_transposed = bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0))
    rows, depth = (a[-1], a[-2]) if a_transposed else (a[-2], a[-1])
    columns = b[-2] if b_transposed else b[-1]
    constant = node.constant[1]
    if len(b) == 2 and not a_transposed:
        gemm = Gemm(rows=math.prod(a[:-1]), depth=depth, columns=columns, packed=constant)
    elif len(b) == 2 or a[:-2] == b[:-2]:
        shared: Any = "b" if len(b) == 2 else ""
        gemm = Gemm(
            rows=rows,
            depth=depth,
            columns=columns,
            batch=math.prod(a[:-2]),
            shared=shared,
            a_transposed=a_transposed,
            packed=constant and bool(shared),
        )
    else:
        raise NoTwinError("its batch is broadcast")
    if b_transposed and not constant:
        return [Transposed(batch=math.prod(b[:-2]), rows=columns, columns=depth), gemm]
    return [gemm]


def _gemm(node: Node) -> Parts:
    """As ONNX has it; weights are packed, so that it does not matter how they lie."""
    a, b = node.input(0), node.input(1)
    if len(a) != 2 or len(b) != 2:
        raise NoTwinError("its operands are no matrices")
    a_transposed = bool(node.attribute("transA", 0))
    rows, depth = (a[1], a[0]) if a_transposed else (a[0], a[1])
    columns = node.output[-1]
    if not node.constant[1]:
        raise NoTwinError("its second operand is no weight")
    bias: Any = ""
    if node.has(2):
        if node.input(2)[-1:] != (columns,) or math.prod(node.input(2)) != columns:
            raise NoTwinError("what it adds is no row")
        bias = "column"
    named = node.attribute("activation", "")
    return [
        Gemm(
            rows=rows,
            depth=depth,
            columns=columns,
            a_transposed=a_transposed,
            bias=bias,
            activation=activation_of(named) if named else None,
        )
    ]


RULES = Rules(
    id="products",
    by_operator={
        ("ai.onnx", "MatMul"): _matmul,
        ("com.microsoft", "FusedMatMul"): _matmul,
        ("ai.onnx", "Gemm"): _gemm,
        ("com.microsoft", "FusedGemm"): _gemm,
    },
)
