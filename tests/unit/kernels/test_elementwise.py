import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gapprof.kernels.families.combined import Combined, combined
from gapprof.kernels.families.crossed import Crossed, crossed
from gapprof.kernels.families.mapped import Mapped, mapped
from gapprof.kernels.functions import Activation
from gapprof.kernels.machine import Machine
from gapprof.yardstick.broadcast import broadcast
from tests.unit.kernels.lowerings import Problem, Solve

FUNCTIONS: dict[Activation, Callable[[Any], Any]] = {
    "relu": lambda x: np.maximum(x, 0),
    "clip6": lambda x: np.clip(x, 0, 6),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "erf": np.vectorize(math.erf),
    "fast-gelu": lambda x: x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
    "hardswish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "quick-gelu": lambda x: x / (1 + np.exp(-1.702 * x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "hard-sigmoid": lambda x: np.clip(x / 5 + 0.5, 0, 1),
    "leaky-relu": lambda x: np.where(x < 0, x / 100, x),
    "elu": lambda x: np.where(x < 0, np.expm1(x), x),
    "neg": np.negative,
    "abs": np.abs,
    "floor": np.floor,
    "reciprocal": np.reciprocal,
    "exp": lambda x: np.exp(np.minimum(x, 88)),
    "sqrt": lambda x: np.sqrt(np.abs(x)),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("count", [3, 101])
def test_it_maps(function: Activation, count: int, solve: Solve) -> None:
    x = np.linspace(-9, 9, count).astype(np.float32)
    if function == "sqrt":
        x = np.abs(x)
    if function == "reciprocal":
        x = np.where(x == 0, 1, x).astype(np.float32)
    if count > 3:
        x[:4] = [-100.0, 0.0 if function != "reciprocal" else 0.5, 20.0, 100.0 if function != "exp" else 50.0]
        x[:1] = np.abs(x[:1]) if function == "sqrt" else x[:1]

    def problem(machine: Machine) -> Problem:
        kernel = mapped(Mapped(count=count, function=function), 2, machine)
        return Problem(
            kernel=kernel,
            inputs=[x],
            result_shape=(count,),
        )

    wanted = FUNCTIONS[function](x.astype(np.float64))
    # 1 + erf x of a negative x cancels all but the last bits of f32, which Gelu multiplies by x.
    np.testing.assert_allclose(solve(problem), wanted, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("op", "right"),
    [
        ("add", "all"),
        ("sub", "row"),
        ("mul", "column"),
        ("div", "one"),
        ("max", "all"),
        ("min", "row"),
        ("pmax", "column"),
        ("pmin", "one"),
    ],
)
def test_it_combines(op: Any, right: Any, solve: Solve) -> None:
    rows, columns = 5, 19
    random = np.random.default_rng(2)
    x = random.standard_normal((rows, columns)).astype(np.float32)
    shape = {"all": (rows, columns), "row": (1, columns), "column": (rows, 1), "one": (1, 1)}[right]
    y = (np.abs(random.standard_normal(shape)) + 0.5).astype(np.float32)

    def problem(machine: Machine) -> Problem:
        kernel = combined(Combined(rows=rows, columns=columns, op=op, right=right), 3, machine)
        return Problem(
            kernel=kernel,
            inputs=[x, y],
            result_shape=(rows, columns),
        )

    names = {"sub": "subtract", "mul": "multiply", "div": "divide", "pmax": "maximum", "pmin": "minimum"}
    names |= {"max": "maximum", "min": "minimum"}
    wanted = getattr(np, names.get(op, op))(x, y)
    np.testing.assert_array_equal(solve(problem), wanted)


@pytest.mark.parametrize(
    ("left", "right"),
    [((2, 1, 3, 1, 7), (1, 4, 1, 5, 7)), ((6, 1), (1, 19)), ((2, 1, 33), (2, 3, 1)), ((3, 4, 1), (3, 1, 1))],
)
def test_operands_are_broadcast_both_ways(
    left: tuple[int, ...], right: tuple[int, ...], solve: Solve
) -> None:
    random = np.random.default_rng(2)
    x, y = (random.standard_normal(shape).astype(np.float32) for shape in (left, right))
    wanted = x - y
    lies = broadcast(wanted.shape, [left, right])
    shape = Crossed(sizes=lies.sizes, run=lies.run, left=lies.operands[0], right=lies.operands[1], op="sub")

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=crossed(shape, 2, machine), inputs=[x, y], result_shape=wanted.shape)

    np.testing.assert_array_equal(solve(problem), wanted)


@pytest.mark.parametrize("op", ["max", "pmax", "pmin"])
def test_nan_on_the_left_is_handed_on(op: Any, solve: Solve) -> None:
    x = np.full(5, np.nan, np.float32)

    def problem(machine: Machine) -> Problem:
        kernel = combined(Combined(rows=1, columns=5, op=op, right="one"), 1, machine)
        return Problem(
            kernel=kernel,
            inputs=[x, np.array([1.0], np.float32)],
            result_shape=(5,),
        )

    np.testing.assert_array_equal(solve(problem), x)
