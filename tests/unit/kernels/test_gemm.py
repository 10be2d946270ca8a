import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.kernels.families.gemm import Gemm, gemm, packed_b
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Array, Problem, Solve

TILE = Tile(4, 2, 2, 64)
SHAPES = [
    Gemm(rows=1, depth=1, columns=1),
    Gemm(rows=5, depth=7, columns=11),
    Gemm(rows=9, depth=70, columns=8, bias="column"),
    Gemm(rows=3, depth=130, columns=37, bias="row", activation="relu"),
    Gemm(rows=8, depth=64, columns=33, packed=False, bias="row", activation="clip6"),
    Gemm(rows=6, depth=5, columns=20, batch=3, packed=False),
    Gemm(rows=6, depth=5, columns=13, batch=3, packed=True, shared="b", activation="gelu", bias="column"),
    Gemm(rows=7, depth=66, columns=9, a_transposed=True),
    Gemm(rows=4, depth=3, columns=17, batch=2, packed=False, shared="a"),
]


def _operands(shape: Gemm) -> tuple[Array, Array, Array]:
    random = np.random.default_rng(7)
    left = 1 if shape.shared == "a" else shape.batch
    right = 1 if shape.shared == "b" else shape.batch
    a = random.standard_normal((left, shape.rows, shape.depth)).astype(np.float32)
    b = random.standard_normal((right, shape.depth, shape.columns)).astype(np.float32)
    bias = random.standard_normal(shape.rows if shape.bias == "row" else shape.columns).astype(np.float32)
    return a, b, bias


def _wanted(shape: Gemm, a: Array, b: Array, bias: Array) -> Array:
    product = a.astype(np.float64) @ b
    if shape.bias:
        product = product + (bias[:, None] if shape.bias == "row" else bias)
    if shape.activation == "relu":
        product = np.maximum(product, 0)
    if shape.activation == "clip6":
        product = np.clip(product, 0, 6)
    if shape.activation == "gelu":
        erf = np.vectorize(__import__("math").erf)
        product = product / 2 * (1 + erf(product / np.sqrt(2)))
    return np.asarray(product, np.float32)


def _problem(shape: Gemm, machine: Machine, tile: Tile) -> Problem:
    a, b, bias = _operands(shape)
    stored = np.ascontiguousarray(a.transpose(0, 2, 1)) if shape.a_transposed else a
    right = np.concatenate([packed_b(one, tile, machine) for one in b]) if shape.packed else b
    inputs = [stored, right, *([bias] if shape.bias else [])]
    return Problem(
        kernel=gemm(shape, tile, machine),
        inputs=inputs,
        result_shape=(shape.batch, shape.rows, shape.columns),
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_multiplies_matrices(shape: Gemm, solve: Solve) -> None:
    found = solve(lambda machine: _problem(shape, machine, TILE))
    np.testing.assert_allclose(found, _wanted(shape, *_operands(shape)), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "tile", [Tile(1, 1, 1, 1000), Tile(6, 2, 4, 48), Tile(3, 3, 2, 50), Tile(5, 2, 3, 31)], ids=str
)
def test_every_tile_gives_the_same(tile: Tile, solve: Solve) -> None:
    shape = replace(SHAPES[3], rows=13)
    found = solve(lambda machine: _problem(shape, machine, tile))
    np.testing.assert_allclose(found, _wanted(shape, *_operands(shape)), rtol=2e-5, atol=2e-5)
