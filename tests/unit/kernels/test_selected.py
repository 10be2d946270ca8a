import numpy as np
import pytest

from gapprof.kernels.families.selected import Selected, selected
from gapprof.kernels.machine import Machine
from gapprof.yardstick.broadcast import broadcast
from tests.unit.kernels.lowerings import Problem, Solve

Shape = tuple[int, ...]
CASES: list[tuple[Shape, Shape, Shape]] = [
    ((3,), (3,), (3,)),
    ((5, 1), (7, 5, 41), ()),
    ((1, 1, 6, 10), (2, 3, 6, 10), (1,)),
    ((1, 1, 6, 10), (), (2, 3, 6, 10)),
    ((2, 1, 1, 9), (2, 3, 4, 9), (1, 3, 1, 1)),
    ((4, 7), (1, 7), (4, 1)),
    ((1,), (2, 19), (2, 19)),
    ((33,), (33,), (33,)),
]


def described(condition: Shape, chosen: Shape, other: Shape) -> Selected:
    shapes = (condition, chosen, other)
    lies = broadcast(np.broadcast_shapes(*shapes), shapes)
    one, two, three = lies.operands
    return Selected(sizes=lies.sizes, run=lies.run, condition=one, chosen=two, other=three)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_element_comes_from_where_its_flag_says(
    case: tuple[Shape, Shape, Shape], solve_bytes: Solve
) -> None:
    random = np.random.default_rng(1)
    condition = random.integers(0, 2, case[0]).astype(bool)
    chosen, other = (np.asarray(random.standard_normal(shape), np.float32) for shape in case[1:])
    chosen.flat[0], other.flat[-1] = np.nan, -np.inf
    wanted = np.where(condition, chosen, other)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=selected(described(*case), machine),
            inputs=[condition, chosen, other],
            result_shape=wanted.shape,
        )

    np.testing.assert_array_equal(solve_bytes(problem), wanted)


def test_axes_that_lie_alike_in_every_operand_are_one() -> None:
    mask = described((1, 1, 6, 10), (2, 3, 6, 10), (1,))
    assert (mask.sizes, mask.run) == ((6,), 60)
    assert (mask.condition.steps, mask.chosen.steps, mask.other.steps) == ((0,), (60,), (0,))
