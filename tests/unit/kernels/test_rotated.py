import numpy as np
import pytest

from gapprof.kernels.families.rotated import Rotated, rotated
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

SHAPES = [
    Rotated(positions=1, heads=1, width=2, step=2),
    Rotated(positions=3, heads=2, width=22, step=44),
    Rotated(positions=5, heads=3, width=64, step=200),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_each_half_is_turned_by_the_angle_of_its_position(shape: Rotated, solve: Solve) -> None:
    random = np.random.default_rng(0)
    source = random.standard_normal((shape.positions, shape.step)).astype(np.float32)
    angles = random.uniform(0, 7, (shape.positions, shape.width // 2))
    tables = [np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)]
    heads = source[:, : shape.heads * shape.width].reshape(shape.positions, shape.heads, 2, -1)
    as_complex = heads[:, :, 0] + 1j * heads[:, :, 1].astype(np.float64)
    turned = as_complex * np.exp(1j * angles)[:, None]
    wanted = np.stack([turned.real, turned.imag], axis=2)

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=rotated(shape, 2, machine), inputs=[source, *tables], result_shape=wanted.shape)

    np.testing.assert_allclose(solve(problem), wanted, rtol=1e-5, atol=1e-5)
