import numpy as np
import pytest

from gapprof.kernels.families.gates import Gates, gates
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Array, Problem, Solve


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize(("rows", "hidden", "unroll"), [(1, 1, 1), (3, 21, 2), (2, 64, 4)])
def test_the_state_goes_through_the_gates(
    cell: str, rows: int, hidden: int, unroll: int, solve: Solve
) -> None:
    shape = Gates(rows=rows, hidden=hidden, cell="lstm" if cell == "lstm" else "gru")
    random = np.random.default_rng(1)
    given, recalled = 3 * random.standard_normal((2, rows, shape.count, hidden))
    state = random.standard_normal((rows, hidden))
    inputs = [one.astype(np.float32) for one in (given, recalled, state)]
    if cell == "lstm":
        taken, shown, kept, new = np.moveaxis(given + recalled, 1, 0)
        after = sigmoid(kept) * state + sigmoid(taken) * np.tanh(new)
        wanted = np.stack([sigmoid(shown) * np.tanh(after), after])
    else:
        kept, reset = (sigmoid(given[:, number] + recalled[:, number]) for number in (0, 1))
        fresh = np.tanh(given[:, 2] + reset * recalled[:, 2])
        wanted = (1 - kept) * fresh + kept * state

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=gates(shape, unroll, machine), inputs=inputs, result_shape=wanted.shape)

    np.testing.assert_allclose(solve(problem), wanted, rtol=2e-5, atol=2e-6)
