"""What is moved, joined, cut out or repeated is covered by runs."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from gapprof.kernels.families.moved import Moved
from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.yardstick.cover import covered
from gapprof.yardstick.shapes import shape_of
from tests.unit.yardstick.covering import parts


def moved(*given: Any, **named: Any) -> list[Moved]:
    found = parts(*given, **named)
    assert all(isinstance(part, Moved) for part in found)
    return found


def carried_out(shapes: list[Moved], sources: list[Any], count: int) -> Any:
    """What the runs make of their sources."""
    result = np.full(count, np.nan)
    for shape, source in zip(shapes, sources, strict=True):
        flat = source.ravel()
        for index in np.ndindex(*shape.sizes):
            start = int(sum(np.multiply(index, shape.source_steps)))
            goal = int(sum(np.multiply(index, shape.result_steps)) + shape.result_first)
            result[goal : goal + shape.run] = flat[start : start + shape.run]
    return result


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (2, 0, 1, 3), (1, 0, 2, 3)])
def test_an_axis_that_stays_is_moved_in_runs(order: tuple[int, ...]) -> None:
    source = np.arange(120.0).reshape(2, 3, 4, 5)
    wanted = source.transpose(order)
    found = moved("Transpose", [source.shape], wanted.shape, perm=list(order))
    np.testing.assert_array_equal(carried_out(found, [source], 120), wanted.ravel())


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_what_is_joined_comes_input_by_input(axis: int) -> None:
    left = np.arange(24.0).reshape(2, 3, 4)
    right = -np.take(left, [0, 1], axis)
    wanted = np.concatenate([left, right], axis)
    found = moved("Concat", [left.shape, right.shape], wanted.shape, axis=axis)
    np.testing.assert_array_equal(carried_out(found, [left, right], wanted.size), wanted.ravel())


def sliced(steps: int) -> TwinNode:
    """Rows 1 to 3 of four, by constants."""
    node = helper.make_node("Slice", ["x", "from", "to", "axes", "steps"], ["o"], name="n")
    values = {"from": 1, "to": 3, "axes": 0, "steps": steps}
    weights = [helper.make_tensor(name, TensorProto.INT64, (1,), [value]) for name, value in values.items()]
    row = NodeCensus(
        name="n",
        op_type="Slice",
        domain="",
        flops=0,
        bytes=128,
        output_shapes=((2, 4),),
        output_dtypes=("float32",),
    )
    specs = [TensorSpec(name="x", dtype="float32", shape=(4, 4))]
    return covered(helper.make_graph([node], "g", [], [], weights), specs, [row])[0]


def test_what_is_cut_out_is_a_run_unless_it_leaves_out_elements() -> None:
    (part,) = (shape_of(part) for part in sliced(steps=1).parts)
    assert (part.sizes, part.run, part.source_count) == ((), 8, 16)
    assert "leave out elements" in sliced(steps=2).why


def test_a_table_is_read_all_over() -> None:
    (found,) = moved("Gather", [(1000, 16), (10,)], (10, 16), whole=(1,), axis=0)
    assert (found.sizes, found.run, found.source_steps) == ((10,), 16, (1600,))


def test_what_is_repeated_is_read_again() -> None:
    (found,) = moved("Expand", [(1, 6), (2,)], (5, 6), whole=(1,))
    assert (found.sizes, found.run, found.source_steps) == ((5,), 6, (0,))
