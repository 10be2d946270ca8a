import numpy as np
import pytest

from gapprof.kernels.families.nibbles import Nibbles, nibbles
from gapprof.kernels.families.unpacked import Unpacked, unpacked
from gapprof.kernels.family import Tile
from gapprof.kernels.four_bits import packed_elements, packed_scales
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

SHAPES = [
    Nibbles(rows=1, depth=64, columns=32, block=32),
    Nibbles(rows=5, depth=70, columns=37, block=32),
    Nibbles(rows=3, depth=45, columns=3, block=16, zero_points=True),
    Nibbles(rows=2, depth=128, columns=50, block=64, zero_points=True),
    Nibbles(rows=1, depth=3, columns=1, block=32),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("tile", [Tile(2, 2, 1, 1), Tile(4, 1, 1, 1)], ids=str)
def test_it_multiplies_by_elements_of_four_bits(shape: Nibbles, tile: Tile, solve: Solve) -> None:
    random = np.random.default_rng(2)
    a = random.standard_normal((shape.rows, shape.depth)).astype(np.float32)
    elements = random.integers(0, 16, (shape.columns, shape.depth)).astype(np.uint8)
    elements.flat[:2] = 0, 15
    scales = random.uniform(0.1, 1, (shape.columns, shape.blocks)).astype(np.float32)
    zeros = random.integers(0, 16, scales.shape) if shape.zero_points else np.full(scales.shape, 8)

    def each(of_blocks: np.ndarray) -> np.ndarray:
        return np.repeat(of_blocks, shape.block, axis=1)[:, : shape.depth]

    wanted = a.astype(np.float64) @ ((elements - each(zeros).astype(np.float64)) * each(scales)).T

    def problem(machine: Machine) -> Problem:
        inputs = [
            a,
            packed_elements(elements, shape, tile, machine),
            packed_scales(scales, shape, tile, machine),
        ]
        if shape.zero_points:
            inputs.append(packed_scales((zeros - 8).astype(np.float32), shape, tile, machine))
        return Problem(kernel=nibbles(shape, tile, machine), inputs=inputs, result_shape=wanted.shape)

    np.testing.assert_allclose(solve(problem), wanted, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("zero_points", [False, True])
@pytest.mark.parametrize(("depth", "columns", "block"), [(3, 1, 32), (70, 37, 32), (64, 40, 16)])
@pytest.mark.parametrize("vectors", [1, 2])
def test_it_unpacks_elements_of_four_bits(
    depth: int, columns: int, block: int, zero_points: bool, vectors: int, solve: Solve
) -> None:
    shape = Unpacked(depth=depth, columns=columns, block=block, zero_points=zero_points)
    random, tile = np.random.default_rng(2), Tile(1, vectors, 1, 1)
    elements = random.integers(0, 16, (columns, depth)).astype(np.uint8)
    scales = random.uniform(0.1, 1, (columns, shape.blocks)).astype(np.float32)
    zeros = random.integers(0, 16, scales.shape).astype(np.float32)
    middle = np.repeat(zeros, block, axis=1)[:, :depth] if zero_points else np.float32(8)
    wanted = ((elements - middle) * np.repeat(scales, block, axis=1)[:, :depth]).T

    def problem(machine: Machine) -> Problem:
        packed = packed_elements(elements, shape, tile, machine)
        inputs = [packed, packed_scales(scales, shape, tile, machine)]
        if zero_points:
            inputs.append(packed_scales(zeros - 8, shape, tile, machine))
        return Problem(kernel=unpacked(shape, tile, machine), inputs=inputs, result_shape=wanted.shape)

    np.testing.assert_array_equal(solve(problem), wanted)
