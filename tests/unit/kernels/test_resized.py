from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from gapprof.kernels.families.resized import Resized, resized
from gapprof.kernels.machine import Machine
from tests.unit.kernels.lowerings import Problem, Solve

SHAPES = [
    Resized(planes=2, height=3, width=9, factors=(2, 2), mode="nearest"),
    Resized(planes=1, height=2, width=3, factors=(3, 1), mode="nearest"),
    Resized(planes=1, height=1, width=1, factors=(2, 2), mode="centred"),
    Resized(planes=2, height=4, width=8, factors=(2, 2), mode="centred"),
    Resized(planes=1, height=5, width=35, factors=(4, 3), mode="centred"),
    Resized(planes=1, height=2, width=6, factors=(1, 2), mode="centred"),
    Resized(planes=3, height=3, width=13, factors=(2, 4), mode="cornered"),
]


def reference(shape: Resized, image: Any) -> Any:
    """As ONNX defines it."""
    mode = "nearest" if shape.mode == "nearest" else "linear"
    coordinates = "half_pixel" if shape.mode == "centred" else "asymmetric"
    node = helper.make_node(
        "Resize",
        ["x", "", "scales"],
        ["y"],
        mode=mode,
        coordinate_transformation_mode=coordinates,
        nearest_mode="floor",
    )
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, *shape.factors])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])
    return ReferenceEvaluator(model).run(None, {"x": image[None]})[0][0]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_planes_grow_as_onnx_says(shape: Resized, solve: Solve) -> None:
    size = (shape.planes, shape.height, shape.width)
    image = np.random.default_rng(0).standard_normal(size).astype(np.float32)
    wanted = reference(shape, image)

    def problem(machine: Machine) -> Problem:
        return Problem(kernel=resized(shape, machine), inputs=[image], result_shape=wanted.shape)

    np.testing.assert_allclose(solve(problem), wanted, rtol=1e-6, atol=1e-6)
