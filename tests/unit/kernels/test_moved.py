import numpy as np
import pytest

from gapprof.kernels.families.moved import Moved, moved
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

JOINED = Moved(
    sizes=(3,),
    run=20,
    source_steps=(20,),
    result_steps=(33,),
    source_count=60,
    result_count=99,
    result_first=5,
)
PERMUTED = Moved(
    sizes=(2, 4, 3),
    run=7,
    source_steps=(84, 7, 28),
    result_steps=(84, 21, 7),
    source_count=168,
    result_count=168,
)
REPEATED = Moved(sizes=(5,), run=13, source_steps=(0,), result_steps=(13,), source_count=13, result_count=65)
WHOLE = Moved(sizes=(), run=101, source_steps=(), result_steps=(), source_count=101, result_count=101)


@pytest.mark.parametrize("shape", [JOINED, PERMUTED, REPEATED, WHOLE], ids=str)
@pytest.mark.parametrize("unroll", [1, 4])
def test_runs_go_where_they_should_and_nothing_else_is_touched(
    shape: Moved, unroll: int, solve: Solve
) -> None:
    source = np.random.default_rng(0).standard_normal(shape.source_count).astype(np.float32)
    wanted = np.zeros(shape.result_count, np.float32)
    for index in np.ndindex(*shape.sizes):
        start = sum(np.multiply(index, shape.source_steps), start=0)
        goal = sum(np.multiply(index, shape.result_steps), start=shape.result_first)
        wanted[int(goal) :][: shape.run] = source[int(start) :][: shape.run]

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=moved(shape, unroll, machine), inputs=[source], result_shape=(shape.result_count,)
        )

    np.testing.assert_array_equal(solve(problem), wanted)


def test_a_transposition_of_middle_axes_is_made_of_runs() -> None:
    image = np.arange(168).reshape(2, 3, 4, 7)
    expected = image.transpose(0, 2, 1, 3).ravel()
    flat = image.ravel()
    found = [flat[int(np.dot(index, PERMUTED.source_steps)) :][:7] for index in np.ndindex(*PERMUTED.sizes)]
    np.testing.assert_array_equal(np.concatenate(found), expected)
