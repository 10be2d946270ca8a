"""What of a graph is known before it runs on given inputs: weights, whole numbers, what these alone decide.

Shapes, positions and masks are arithmetic on a few hundred bytes; a program of kernels has them as data.
"""

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from gapprof.records.twins import TwinNode

Value = NDArray[np.generic]

_NOT_CARRIED_OUT = (
    *(RuntimeError, ValueError, TypeError, LookupError),
    *(AttributeError, NameError, ImportError, AssertionError, ArithmeticError),
)
"""What `onnx.reference` raises for what it does not have: no error of its own covers these.

Its source raises ValueError in 114 places, RuntimeError and what derives from it in 119 (24 of these for an
operator, or an option of one, that it lacks), TypeError in 41, KeyError and IndexError in 7, AttributeError
in 5 (attributes of a node), NameError and ImportError once each (functions; pillow), and asserts in 29; numpy
below it, ArithmeticError. A node that it cannot carry out is one that stays unknown: the user's model is no
reason for a traceback."""
_MOST_ELEMENTS = 4096
"""Of a value: more is work that belongs into the program, or has no kernel there."""


class Beforehand:
    """Tensors by name, as arrays."""

    def __init__(
        self, graph: onnx.GraphProto, opset: int, inputs: Mapping[str, Value], twins: Mapping[str, TwinNode]
    ) -> None:
        """`inputs`: those that are known. Nodes with a twin are left for it to do.

        What these would make is known all the same, to those that have none and want it.
        """
        self._opset = opset
        self._weights = {one.name: one for one in graph.initializer}
        self._values: dict[str, Value] = dict(inputs)
        self._made: dict[str, Value] = {}
        for node in graph.node:
            twin, needs = twins.get(node.name), [name for name in node.input if name]
            if needs and all(self.tells(name) for name in needs):
                found = self._evaluated(node)
                (self._made if twin is not None and twin.parts else self._values).update(found)

    def __contains__(self, name: str) -> bool:
        return name in self._values or name in self._weights

    def tells(self, name: str) -> bool:
        """Whether it is known, though a twin may be left to make it."""
        return name in self or name in self._made

    def __getitem__(self, name: str) -> Value:
        """Of what it tells. Raises KeyError."""
        if name in self._made:
            return self._made[name]
        if name not in self._values:
            self._values[name] = numpy_helper.to_array(self._weights[name])
        return self._values[name]

    def _evaluated(self, node: onnx.NodeProto) -> dict[str, Value]:
        """What the reference cannot carry out, such as another domain's operator, stays unknown."""
        graph = helper.make_graph(
            [node],
            "one",
            [onnx.ValueInfoProto(name=name) for name in dict.fromkeys(node.input) if name],
            [onnx.ValueInfoProto(name=name) for name in node.output if name],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self._opset)])
        inputs = {name: self[name] for name in node.input if name}
        try:
            found = ReferenceEvaluator(model).run(None, inputs)
        except _NOT_CARRIED_OUT:
            return {}
        names = [name for name in node.output if name]
        values = [np.asarray(value) for value in found]
        if any(value.size > _MOST_ELEMENTS for value in values):
            return {}
        return dict(zip(names, values, strict=True))
