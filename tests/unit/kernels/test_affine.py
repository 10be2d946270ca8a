import numpy as np
import pytest

from gapprof.kernels.families.affine import Affine, affine
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

SHAPES = [
    Affine(batch=1, channels=1, pixels=1),
    Affine(batch=3, channels=21, pixels=1),
    Affine(batch=2, channels=3, pixels=35),
    Affine(batch=1, channels=5, pixels=3),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("unroll", [1, 4])
def test_each_channel_has_its_own_scale_and_shift(shape: Affine, unroll: int, solve: Solve) -> None:
    random = np.random.default_rng(5)
    x = random.standard_normal((shape.batch, shape.channels, shape.pixels)).astype(np.float32)
    scale, shift = random.standard_normal((2, shape.channels)).astype(np.float32)

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=affine(shape, unroll, machine), inputs=[x, scale, shift], result_shape=x.shape)

    wanted = x.astype(np.float64) * scale[:, None] + shift[:, None]
    np.testing.assert_allclose(solve(problem), wanted, rtol=1e-6, atol=1e-6)
