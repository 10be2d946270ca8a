import numpy as np
import pytest

from gapprof.kernels.families.mean import Mean, mean
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve


@pytest.mark.parametrize("columns", [1, 49, 130])
def test_mean(columns: int, solve: Solve) -> None:
    x = np.random.default_rng(4).standard_normal((5, columns)).astype(np.float32)

    def problem(machine: Machine) -> Problem:
        kernel = mean(Mean(rows=5, columns=columns), 2, machine)
        return Problem(kernel=kernel, inputs=[x], result_shape=(5,))

    np.testing.assert_allclose(solve(problem), x.mean(axis=1, dtype=np.float64), rtol=1e-5, atol=1e-6)
