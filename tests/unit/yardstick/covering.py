"""A node made by hand, and the loop nests that cover it."""

import math
from typing import Any

from onnx import TensorProto, helper

from gapprof.records.model import NodeCensus, TensorSpec
from gapprof.records.twins import TwinNode
from gapprof.yardstick.cover import covered
from gapprof.yardstick.shapes import shape_of

Shape = tuple[int, ...]


def twin(
    op: str,
    inputs: list[Shape],
    output: Shape,
    *,
    weights: int = 0,
    domain: str = "",
    whole: tuple[int, ...] = (),
    **attributes: Any,
) -> TwinNode:
    """One node; its last `weights` inputs are constants, and those of the numbers in `whole` are int64."""
    names = [f"i{number}" for number in range(len(inputs))]
    node = helper.make_node(op, names, ["o"], name="n", domain=domain, **attributes)
    constants = names[len(names) - weights :] if weights else []
    graph = helper.make_graph(
        [node],
        "g",
        [],
        [],
        [
            helper.make_tensor(name, TensorProto.FLOAT, shape, [0.0] * math.prod(shape))
            for name, shape in zip(names, inputs, strict=True)
            if name in constants
        ],
    )
    specs = [
        TensorSpec(name=name, dtype="int64" if number in whole else "float32", shape=shape)
        for number, (name, shape) in enumerate(zip(names, inputs, strict=True))
        if name not in constants
    ]
    size = 4 * (sum(math.prod(shape) for shape in inputs) + math.prod(output))
    row = NodeCensus(
        name="n",
        op_type=op,
        domain=domain,
        flops=None,
        bytes=size,
        output_shapes=(output,),
        output_dtypes=("float32",),
    )
    return covered(graph, specs, [row])[0]


def parts(*given: Any, **named: Any) -> list[Any]:
    return [shape_of(part) for part in twin(*given, **named).parts]
