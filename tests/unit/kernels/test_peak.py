"""Loops that show what a target can do: they do what is counted."""

import numpy as np
import pytest

from gapprof.kernels.families.peak import Peak, peak
from gapprof.kernels.families.streamed import Streamed, streamed
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

MOST = 1 << 14


@pytest.mark.parametrize("tile", [Tile(4, 2, 1, 1), Tile(3, 3, 1, 1)])
def test_every_counted_product_is_added(tile: Tile, solve: Solve) -> None:
    ones = np.ones(MOST, np.float32)
    lanes: list[int] = []

    def problem(machine: Machine) -> Problem:
        lanes.append(machine.lanes)
        return Problem(
            kernel=peak(Peak(element="f32"), tile, machine),
            inputs=[ones, ones],
            result_shape=(tile.rows * tile.vectors * machine.lanes,),
        )

    assert solve(problem).sum() * 2 == Peak(element="f32").operations(lanes[0])


@pytest.mark.parametrize("tile", [Tile(4, 2, 1, 1), Tile(3, 3, 1, 1)])
def test_every_counted_pair_is_added(tile: Tile, solve_bytes: Solve) -> None:
    ones = np.ones(2 * MOST, np.int16)
    lanes: list[int] = []

    def problem(machine: Machine) -> Problem:
        lanes.append(machine.lanes)
        return Problem(
            kernel=peak(Peak(element="i16"), tile, machine),
            inputs=[ones, ones],
            result_shape=(tile.rows * tile.vectors * machine.lanes,),
            result_type=np.int32,
        )

    assert solve_bytes(problem).sum() * 2 == Peak(element="i16").operations(lanes[0])


@pytest.mark.parametrize("count", [1, 7, 100])
def test_it_copies(count: int, solve: Solve) -> None:
    source = np.random.default_rng(0).standard_normal(count).astype(np.float32)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=streamed(Streamed(count=count, written=True), 8, machine),
            inputs=[source],
            result_shape=(count,),
        )

    np.testing.assert_array_equal(solve(problem), source)


@pytest.mark.parametrize("unroll", [4, 8])
def test_all_that_is_read_is_added(unroll: int, solve: Solve) -> None:
    shape = Streamed(count=4096, written=False)
    source = np.ones(shape.count, np.float32)

    def problem(machine: Machine) -> Problem:
        return Problem(
            kernel=streamed(shape, unroll, machine), inputs=[source], result_shape=(unroll * machine.lanes,)
        )

    assert solve(problem).sum() == shape.count
