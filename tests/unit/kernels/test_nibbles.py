import numpy as np
import pytest

from gapprof.kernels.families.nibbles import Nibbles, nibbles, packed_elements, packed_scales
from gapprof.kernels.family import Tile
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
