import numpy as np
import pytest

from gapprof.kernels.families.transposed import Transposed, transposed
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 8, 12), (3, 7, 9), (1, 5, 3)])
def test_rows_become_columns(sizes: tuple[int, int, int], solve: Solve) -> None:
    batch, rows, columns = sizes
    x = np.random.default_rng(0).standard_normal(sizes).astype(np.float32)

    def problem(machine: Machine) -> Problem:
        kernel = transposed(Transposed(batch=batch, rows=rows, columns=columns), machine)
        return Problem(kernel=kernel, inputs=[x], result_shape=(batch, columns, rows))

    np.testing.assert_array_equal(solve(problem), x.transpose(0, 2, 1))


@pytest.mark.parametrize("sizes", [(8, 3, 12), (7, 2, 9)])
def test_rows_may_lie_apart(sizes: tuple[int, int, int], solve: Solve) -> None:
    rows, heads, columns = sizes
    x = np.random.default_rng(0).standard_normal(sizes).astype(np.float32)
    shape = Transposed(batch=heads, rows=rows, columns=columns, row_step=heads * columns, batch_step=columns)

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=transposed(shape, machine), inputs=[x], result_shape=(heads, columns, rows))

    np.testing.assert_array_equal(solve(problem), x.transpose(1, 2, 0))
