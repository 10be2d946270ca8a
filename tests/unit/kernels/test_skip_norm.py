import numpy as np
import pytest

from gapprof.kernels.families.skip_norm import SkipNorm, skip_norm
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

SHAPES = [
    SkipNorm(rows=3, columns=21, shift=False),
    SkipNorm(rows=2, columns=64, centred=False, shift=False, epsilon=1e-3),
    SkipNorm(rows=4, columns=70, skip=True),
    SkipNorm(rows=2, columns=5, skip=True, bias=True, keeps_sum=True),
    SkipNorm(rows=3, columns=33, skip=True, bias=True, centred=False, shift=False, keeps_sum=True),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("unroll", [1, 4])
def test_a_sum_is_normalised(shape: SkipNorm, unroll: int, solve: Solve) -> None:
    random = np.random.default_rng(0)
    x, skip = random.standard_normal((2, shape.rows, shape.columns)).astype(np.float32) + np.float32(0.3)
    bias, scale, shift = random.standard_normal((3, shape.columns)).astype(np.float32)
    asked = ((x, True), (skip, shape.skip), (bias, shape.bias), (scale, True), (shift, shape.shift))
    value = x.astype(np.float64) + skip * shape.skip + bias * shape.bias
    off = value - value.mean(1, keepdims=True) * shape.centred
    spread = np.sqrt((off**2).mean(1, keepdims=True) + shape.epsilon)
    wanted = off / spread * scale + shift * shape.shift
    if shape.keeps_sum:
        wanted = np.stack([wanted, value])

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=skip_norm(shape, unroll, machine),
            inputs=[one for one, there in asked if there],
            result_shape=wanted.shape,
        )

    np.testing.assert_allclose(solve(problem), wanted, rtol=2e-5, atol=2e-5)
