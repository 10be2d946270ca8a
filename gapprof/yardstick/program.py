"""A whole model out of our kernels: which of them runs on which addresses, in the order of the graph. Pure.

What a prediction by kernels leaves out (one kernel after the other on real activations, nothing between them)
is in a run of it. Graphs with an operator that has no exact kernel here are refused by that operator's name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.family import F32
from gapprof.kernels.ir import Kernel
from gapprof.records.model import ModelFacts
from gapprof.records.twins import TwinNode
from gapprof.yardstick.attention import ATTENTION
from gapprof.yardstick.beforehand import Beforehand
from gapprof.yardstick.calls import Calls, Chosen
from gapprof.yardstick.cover import seen
from gapprof.yardstick.exact import refuse_inexact
from gapprof.yardstick.moving import first_elements
from gapprof.yardstick.node import NoTwinError, Shape
from gapprof.yardstick.operands import Operands
from gapprof.yardstick.planned import carry_out
from gapprof.yardstick.recurrent import recurrent
from gapprof.yardstick.shapes import family_of, shape_of
from gapprof.yardstick.storage import Storage

_VIEWS = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"})
"""The same bytes under another shape."""
_LOWEST = float(np.finfo(np.float32).min)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Kernels, their calls, and the memory that these stand on."""

    kernels: tuple[Kernel, ...]
    calls: tuple[tuple[int, tuple[int, ...]], ...]
    """(kernel, addresses), in order."""
    image: bytes
    """Memory from address 0 on: weights and inputs. What lies behind it is zero."""
    memory_bytes: int
    inputs: Mapping[str, tuple[int, Shape]]
    """Name → offset and shape, of f32; whole numbers have shaped the program and are not in its memory."""
    outputs: Mapping[str, tuple[int, Shape]]
    """Likewise."""


def program(
    graph: onnx.GraphProto,
    facts: ModelFacts,
    twins: Mapping[str, TwinNode],
    inputs: Mapping[str, NDArray[np.generic]],
    chosen: Chosen,
) -> Program:
    """Raises NoTwinError, naming the node, for a graph that our kernels do not carry out exactly."""
    return _Writer(graph, facts, twins, inputs, chosen).written()


class _Writer:
    """One program while it is written."""

    def __init__(
        self,
        graph: onnx.GraphProto,
        facts: ModelFacts,
        twins: Mapping[str, TwinNode],
        inputs: Mapping[str, NDArray[np.generic]],
        chosen: Chosen,
    ) -> None:
        self._graph, self._facts, self._twins = graph, facts, twins
        whole = {spec.name: inputs[spec.name] for spec in facts.inputs if spec.dtype != "float32"}
        self._known = Beforehand(graph, facts.opset, whole, twins)
        self._storage = Storage(graph, self._known)
        self._calls = Calls(chosen)
        self._operands = Operands(self._storage, chosen)
        self._inputs = inputs
        self._shapes = dict(_shapes(graph, facts))

    def written(self) -> Program:
        inputs = [spec for spec in self._facts.inputs if spec.name not in self._known]
        for spec in inputs:
            self._storage.input(spec.name, self._inputs[spec.name])
        for node in self._graph.node:
            try:
                if not all(name in self._known for name in node.output if name):
                    self._node(node)
            except NoTwinError as reason:
                raise NoTwinError(f"{node.name or node.op_type}: {reason}") from reason
        return Program(
            kernels=tuple(self._calls.kernels),
            calls=tuple(self._calls.calls),
            image=self._storage.image(),
            memory_bytes=self._storage.size_bytes,
            inputs={spec.name: (self._storage.activation(spec.name), spec.shape) for spec in inputs},
            outputs={
                spec.name: (self._storage.activation(spec.name), spec.shape) for spec in self._facts.outputs
            },
        )

    def _node(self, node: onnx.NodeProto) -> None:
        if node.op_type in _VIEWS:
            self._storage.view(node.input[0], node.output[0])
            return
        twin = self._twins.get(node.name)
        if twin is None or not twin.parts:
            raise NoTwinError(twin.why if twin else "it is not in the census")
        refuse_inexact(node, [shape_of(part) for part in twin.parts])
        match node.op_type:
            case "Gather":
                self._gather(node, twin)
            case "Split" | "Slice":
                self._cut(node, twin)
            case "LSTM" | "GRU":
                recurrent(node, twin, self._storage, self._calls)
            case "Attention" | "MultiHeadAttention" | "GroupQueryAttention":
                self._attention(node)
            case _:
                self._step(node, twin)
        for name in node.input:
            self._storage.read(name)

    def _step(self, node: onnx.NodeProto, twin: TwinNode) -> None:
        """A node with one result."""
        storage, prepared = self._storage, None
        lent: list[tuple[int, int]] = []
        main = shape_of(twin.parts[-1])
        size = family_of(main).buffers(main)[-1]
        if node.op_type == "Pad":
            output = storage.filled(node.output[0], size // F32, self._operands.border(node))
        else:
            output = storage.result(node.output[0], size)
        for number, key in enumerate(twin.parts):
            shape = shape_of(key)
            if isinstance(shape, Padded):
                prepared = storage.border(shape, _LOWEST if node.op_type == "MaxPool" else 0.0)
                self._calls.call(key, (storage.activation(node.input[0]), prepared))
            elif isinstance(shape, Moved) and node.op_type == "Concat":
                self._calls.call(key, (storage.address(node.input[number]), output))
            elif isinstance(shape, Unpacked | Transposed) and len(twin.parts) > 1:
                size = family_of(shape).buffers(shape)[-1]
                prepared = storage.lent(size)
                lent.append((prepared, size))
                self._calls.call(key, (*self._operands.of_second(node, shape, key), prepared))
            else:
                self._calls.call(key, (*self._operands.of_part(node, shape, key, prepared), output))
        self._scale(node, output)
        for offset, size in lent:
            storage.returned(offset, size)

    def _attention(self, node: onnx.NodeProto) -> None:
        one = seen(self._graph, self._facts.inputs, self._facts.nodes, node.name)
        carry_out(one, ATTENTION[node.op_type](one), self._storage, self._calls)

    def _gather(self, node: onnx.NodeProto, twin: TwinNode) -> None:
        """Row by row, from where the indices say: they are known."""
        table, wanted = node.input[:2]
        if wanted not in self._known:
            raise NoTwinError("its indices are not known beforehand")
        shape = shape_of(twin.parts[-1])
        rows, source = shape.source_count // shape.run, self._storage.address(table)
        row = Moved(
            sizes=(),
            run=shape.run,
            source_steps=(),
            result_steps=(),
            source_count=shape.run,
            result_count=shape.run,
        )
        output = self._storage.result(node.output[0], shape.result_count * F32)
        for place, index in enumerate(np.asarray(self._known[wanted]).ravel().tolist()):
            at = (int(index) % rows) * shape.run * F32
            self._calls.untuned(row, (source + at, output + place * shape.run * F32))

    def _cut(self, node: onnx.NodeProto, twin: TwinNode) -> None:
        """Each result from where it begins in the source."""
        if not all(node.output):
            raise NoTwinError("a part of it is not wanted, nor is its size known")
        results = [self._shapes[name] for name in node.output]
        firsts = first_elements(node, self._shapes[node.input[0]], results, self._storage)
        source = self._storage.address(node.input[0])
        for name, key, first in zip(node.output, twin.parts, firsts, strict=True):
            output = self._storage.result(name, shape_of(key).result_count * F32)
            self._calls.call(key, (source + first * F32, output))

    def _scale(self, node: onnx.NodeProto, output: int) -> None:
        """A product that onnxruntime scales by `alpha` on the way is scaled by a pass of its own."""
        alpha = next((one.f for one in node.attribute if one.name == "alpha"), 1.0)
        if alpha == 1.0 or not node.op_type.endswith("MatMul"):
            return
        scaled = Combined(rows=1, columns=self._storage.elements(node.output[0]), op="mul", right="one")
        self._calls.untuned(scaled, (output, self._storage.floats(np.array([alpha], np.float32)), output))


def _shapes(graph: onnx.GraphProto, facts: ModelFacts) -> Iterator[tuple[str, Shape]]:
    """Of every tensor that anything is known of."""
    yield from ((one.name, tuple(one.dims)) for one in graph.initializer)
    yield from ((spec.name, spec.shape) for spec in facts.inputs)
    rows = {row.name: row for row in facts.nodes}
    for node in graph.node:
        made = [name for name in node.output if name]
        if node.name in rows and len(made) == len(rows[node.name].output_shapes):
            yield from zip(made, rows[node.name].output_shapes, strict=True)
