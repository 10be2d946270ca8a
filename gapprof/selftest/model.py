"""The model that plants are made in: small dense layers, as exporters write them before any fusion.

It has no convolutions, so no layout that only native has stands between it and the instruction ceiling. What
mixes its rows is pooling, whose short loops pay for every check of a bound (measured: 1.3x, where a product
of matrices takes 1.02x). What an optimiser fuses or removes costs time where there is none: layer norms and
Gelu in single steps, and pairs of Transpose that undo each other.

A run is long enough that what a request costs beside it is small: that differs from visit to visit, whatever
is run (measured: requests for runs of 2.5 ms by 6 to 7 %, for runs of 10 ms by 2 to 5 %).
"""

import math
from pathlib import Path

from gapprof.subject.sketch import Sketch

LAYERS, ROWS, WIDTH, INNER = 3, 96, 192, 768
POOLS = 3
"""Of a layer, one after the other."""
TURNS = 8
"""So many that they show: a transposition takes a hundredth of a run."""
NAME = "selftest.onnx"


def save_model(path: Path) -> None:
    """Write it; always the same bytes."""
    sketch = Sketch("selftest", seed=3)
    x = sketch.input("x", [1, ROWS, WIDTH])
    for layer in range(LAYERS):
        x = _layer(sketch, f"layer.{layer}", x)
    sketch.output(x, "y", [1, ROWS, WIDTH])
    sketch.save(path)


def norm(sketch: Sketch, path: str, x: str, width: int) -> str:
    """Draw (x - mean) / sqrt(variance + epsilon) * scale + shift over the last axis, in nine steps."""
    mean = sketch.node(f"{path}/mean", "ReduceMean", [x], axes=[-1])
    centred = sketch.node(path, "Sub", [x, mean])
    squared = sketch.node(path, "Pow", [centred, sketch.scalar(f"{path}.two", 2.0)])
    variance = sketch.node(f"{path}/variance", "ReduceMean", [squared], axes=[-1])
    raised = sketch.node(f"{path}/raised", "Add", [variance, sketch.scalar(f"{path}.epsilon", 1e-5)])
    normal = sketch.node(path, "Div", [centred, sketch.node(path, "Sqrt", [raised])])
    scale = sketch.weight(f"{path}.weight", 1 + sketch.normal(width, spread=0.05))
    shift = sketch.weight(f"{path}.bias", sketch.normal(width, spread=0.05))
    return sketch.node(f"{path}/shift", "Add", [sketch.node(f"{path}/scale", "Mul", [normal, scale]), shift])


def _layer(sketch: Sketch, path: str, x: str) -> str:
    inner = sketch.projection(f"{path}/up", norm(sketch, f"{path}/norm", x, WIDTH), WIDTH, INNER)
    mixed = _mixed(sketch, f"{path}/mix", _gelu(sketch, f"{path}/gelu", inner))
    outer = sketch.projection(f"{path}/down", mixed, INNER, WIDTH)
    return sketch.node(f"{path}/sum", "Add", [_there_and_back(sketch, f"{path}/turn", outer), x])


def _gelu(sketch: Sketch, path: str, x: str) -> str:
    """x / 2 * (1 + erf(x / sqrt 2))."""
    scaled = sketch.node(path, "Div", [x, sketch.scalar(f"{path}.root", math.sqrt(2))])
    shifted = sketch.node(
        path, "Add", [sketch.node(path, "Erf", [scaled]), sketch.scalar(f"{path}.one", 1.0)]
    )
    product = sketch.node(path, "Mul", [_there_and_back(sketch, f"{path}/turn", x), shifted])
    return sketch.node(f"{path}/half", "Mul", [product, sketch.scalar(f"{path}.half", 0.5)])


def _mixed(sketch: Sketch, path: str, x: str) -> str:
    """Each value's mean with its neighbours in the rows before and after, as in a PoolFormer."""
    x = sketch.node(f"{path}/in", "Transpose", [x], perm=(0, 2, 1))
    for pool in range(POOLS):
        x = sketch.node(f"{path}/{pool}", "AveragePool", [x], kernel_shape=[3], pads=[1, 1])
    return sketch.node(f"{path}/out", "Transpose", [x], perm=(0, 2, 1))


def _there_and_back(sketch: Sketch, path: str, x: str) -> str:
    """Transpositions that nobody needs: each of a pair undoes the other."""
    for pair in range(TURNS):
        there = sketch.node(f"{path}/{pair}/there", "Transpose", [x], perm=(0, 2, 1))
        x = sketch.node(f"{path}/{pair}/back", "Transpose", [there], perm=(0, 2, 1))
    return x
