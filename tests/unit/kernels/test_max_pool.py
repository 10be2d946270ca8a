import numpy as np
import pytest

from gapprof.kernels.families.average_pool import AveragePool, average_pool
from gapprof.kernels.families.max_pool import MaxPool, max_pool
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve


@pytest.mark.parametrize(
    "shape",
    [
        MaxPool(planes=2, height=3, width=3, kernel=(3, 3)),
        MaxPool(planes=3, height=9, width=23, kernel=(3, 2), stride=(2, 2)),
        MaxPool(planes=1, height=5, width=41, kernel=(2, 3), stride=(1, 1)),
    ],
    ids=str,
)
def test_the_largest_of_each_window(shape: MaxPool, solve: Solve) -> None:
    x = np.random.default_rng(6).standard_normal((shape.planes, shape.height, shape.width)).astype(np.float32)
    rows, columns = shape.out
    wanted = np.full((shape.planes, rows, columns), -np.inf, np.float32)
    for y in range(shape.kernel[0]):
        for left in range(shape.kernel[1]):
            window = x[:, y :: shape.stride[0], left :: shape.stride[1]][:, :rows, :columns]
            wanted = np.maximum(wanted, window)

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=max_pool(shape, machine), inputs=[x], result_shape=wanted.shape)

    np.testing.assert_array_equal(solve(problem), wanted)


@pytest.mark.parametrize("stride", [(1, 1), (2, 2)])
def test_the_mean_of_each_window(stride: tuple[int, int], solve: Solve) -> None:
    shape = AveragePool(planes=2, height=8, width=21, kernel=(2, 3), stride=stride)
    x = np.random.default_rng(6).standard_normal((shape.planes, shape.height, shape.width)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x, shape.kernel, axis=(1, 2))
    wanted = windows[:, :: stride[0], :: stride[1]].mean(axis=(3, 4))

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=average_pool(shape, machine), inputs=[x], result_shape=wanted.shape)

    np.testing.assert_allclose(solve(problem), wanted, atol=1e-6)


def test_bytes_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no mean"):
        AveragePool(planes=1, height=4, width=4, kernel=(2, 2), element="i8")
