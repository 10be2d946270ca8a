import numpy as np
import pytest

from gapprof.kernels.families.layer_norm import LayerNorm, layer_norm
from gapprof.kernels.families.softmax import Softmax, softmax
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

COLUMNS = [1, 3, 16, 37, 130]


@pytest.mark.parametrize("columns", COLUMNS)
def test_softmax(columns: int, solve: Solve) -> None:
    x = (np.random.default_rng(1).standard_normal((4, columns)) * 5).astype(np.float32)
    powers = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    wanted = powers / powers.sum(axis=1, keepdims=True)

    def problem(machine: Machine) -> Problem:
        kernel = softmax(Softmax(rows=4, columns=columns), 2, machine)
        return Problem(
            kernel=kernel,
            inputs=[x],
            result_shape=x.shape,
        )

    np.testing.assert_allclose(solve(problem), wanted, rtol=3e-6, atol=1e-7)


@pytest.mark.parametrize("columns", COLUMNS)
def test_layer_norm(columns: int, solve: Solve) -> None:
    random = np.random.default_rng(5)
    x, scale, bias = (
        random.standard_normal(size).astype(np.float32) for size in ((3, columns), columns, columns)
    )
    mean = x.mean(axis=1, keepdims=True, dtype=np.float64)
    variance = x.var(axis=1, keepdims=True, dtype=np.float64)
    wanted = (x - mean) / np.sqrt(variance + 1e-5) * scale + bias

    def problem(machine: Machine) -> Problem:
        kernel = layer_norm(LayerNorm(rows=3, columns=columns), 2, machine)
        return Problem(
            kernel=kernel,
            inputs=[x, scale, bias],
            result_shape=x.shape,
        )

    np.testing.assert_allclose(solve(problem), wanted, rtol=2e-5, atol=2e-5)
