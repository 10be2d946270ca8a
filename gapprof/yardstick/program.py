"""A whole model out of our kernels: which of them runs on which addresses, in the order of the graph. Pure.

What a prediction by kernels leaves out (one kernel after the other on real activations, nothing between them)
is in a run of it. Graphs with an operator that has no exact kernel here are refused by that operator's name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.kernels.families.affine import Affine
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_transposed import ConvTransposed
from gapprof.kernels.families.crossed import Crossed
from gapprof.kernels.families.gemm import Gemm, packed_b
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.selected import Selected
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.family import F32
from gapprof.kernels.four_bits import FourBits, halves_of, packed_elements, packed_scales
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
    outputs: Mapping[str, tuple[int, Shape]]
    """Name → offset and shape."""


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
        self._inputs = inputs
        self._shapes = dict(_shapes(graph, facts))

    def written(self) -> Program:
        for spec in self._facts.inputs:
            if spec.name not in self._known:
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
            output = storage.filled(node.output[0], size // F32, self._border_of(node))
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
                self._calls.call(key, (*self._second(node, shape, key), prepared))
            else:
                self._calls.call(key, (*self._arguments(node, shape, key, prepared), output))
        self._scale(node, output)
        for offset, size in lent:
            storage.returned(offset, size)

    def _second(self, node: onnx.NodeProto, shape: Unpacked | Transposed, key: str) -> tuple[int, ...]:
        """What the second operand of a product is made ready from."""
        if isinstance(shape, Unpacked):
            return tuple(self._packed(node, shape, key))
        return (self._storage.activation(node.input[1]),)

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

    def _border_of(self, node: onnx.NodeProto) -> float:
        """What a tensor is padded with."""
        if len(node.input) > 2 and node.input[2]:
            return float(self._storage.value(node.input[2]).ravel()[0])
        return next((one.f for one in node.attribute if one.name == "value"), 0.0)

    def _scale(self, node: onnx.NodeProto, output: int) -> None:
        """A product that onnxruntime scales by `alpha` on the way is scaled by a pass of its own."""
        alpha = next((one.f for one in node.attribute if one.name == "alpha"), 1.0)
        if alpha == 1.0 or not node.op_type.endswith("MatMul"):
            return
        scaled = Combined(rows=1, columns=self._storage.elements(node.output[0]), op="mul", right="one")
        self._calls.untuned(scaled, (output, self._storage.floats(np.array([alpha], np.float32)), output))

    def _arguments(
        self, node: onnx.NodeProto, shape: Struct, key: str, prepared: int | None
    ) -> tuple[int, ...]:
        """Addresses of what a part reads, in the order of its parameters; `prepared` is one of them."""
        names, storage = list(node.input), self._storage
        if isinstance(shape, Conv) or (isinstance(shape, Gemm) and node.op_type.endswith("Conv")):
            source = prepared if prepared is not None else storage.activation(names[0])
            filters = storage.weight(names[1])
            bias = (storage.weight(names[2]),) if len(names) > 2 else ()
            return (filters, source, *bias) if isinstance(shape, Gemm) else (source, filters, *bias)
        match shape:
            case Gemm():
                bias = (storage.weight(names[2]),) if shape.bias else ()
                right = prepared if prepared is not None else self._right(node, shape, key)
                return storage.activation(names[0]), right, *bias
            case ConvTransposed():
                source = prepared if prepared is not None else storage.activation(names[0])
                bias = (storage.weight(names[2]),) if shape.bias else ()
                return source, storage.floats(self._turned(names[1], shape.groups)), *bias
            case Nibbles():
                return storage.address(names[0]), *self._packed(node, shape, key)
            case Combined():
                return self._operands(names, shape)
            case LayerNorm():
                return tuple(storage.address(name) for name in names[:3])
            case Crossed():
                return storage.address(names[0]), storage.address(names[1])
            case SkipNorm():
                return tuple(storage.address(name) for name in _read_by(shape, names))
            case Affine():
                return storage.address(names[0]), *map(storage.floats, self._folded(node))
            case Selected():
                flags = storage.bytes_of(storage.value(names[0]).astype(np.uint8))
                return flags, storage.address(names[1]), storage.address(names[2])
            case _:
                return (prepared if prepared is not None else storage.address(names[0]),)

    def _operands(self, names: list[str], shape: Combined) -> tuple[int, int]:
        """The larger one first: only operators that commute have it second."""
        whole = shape.rows * shape.columns
        sizes = [self._storage.elements(name) for name in names[:2]]
        left, right = names[:2] if sizes[0] == whole else reversed(names[:2])
        return self._storage.address(left), self._storage.address(right)

    def _folded(self, node: onnx.NodeProto) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The scale and the shift that the four numbers of each channel come down to."""
        scale, shift, mean, variance = (
            self._storage.value(name).astype(np.float64) for name in node.input[1:5]
        )
        epsilon = next((one.f for one in node.attribute if one.name == "epsilon"), 1e-5)
        factor = scale / np.sqrt(variance + epsilon)
        return factor, shift - mean * factor

    def _packed(self, node: onnx.NodeProto, shape: FourBits, key: str) -> Iterator[int]:
        """Elements of four bits, their scales and zero points, in the order of the schedule."""
        machine, tile = self._calls.chosen(key)
        storage, names = self._storage, node.input
        elements = halves_of(storage.value(names[1]).reshape(shape.columns, -1))[:, : shape.depth]
        yield storage.bytes_of(packed_elements(elements, shape, tile, machine))
        scales = storage.value(names[2]).reshape(shape.columns, shape.blocks)
        yield storage.floats(packed_scales(scales, shape, tile, machine))
        if shape.zero_points:
            zeros = halves_of(storage.value(names[3]).reshape(shape.columns, -1))[:, : shape.blocks]
            yield storage.floats(packed_scales(zeros.astype(np.float32) - 8, shape, tile, machine))

    def _turned(self, name: str, groups: int) -> NDArray[np.float32]:
        """Filters [channels, filters / groups, …] as [filters, channels / groups, …]."""
        filters = self._storage.value(name)
        channels, each, *kernel = filters.shape
        grouped = filters.reshape(groups, channels // groups, each, *kernel)
        return grouped.swapaxes(1, 2).reshape(groups * each, channels // groups, *kernel)

    def _right(self, node: onnx.NodeProto, shape: Gemm, key: str) -> int:
        """The second operand of a matrix product: a weight in the order of the schedule, or an activation."""
        name = node.input[1]
        if name not in self._known:
            return self._storage.activation(name)
        matrix = np.asarray(self._known[name], np.float32)
        if any(one.name == "transB" and one.i for one in node.attribute):
            matrix = matrix.T
        if matrix.ndim != 2:
            raise NoTwinError("its weight is no matrix")
        machine, tile = self._calls.chosen(key)
        return self._storage.floats(packed_b(matrix, tile, machine) if shape.packed else matrix)


def _read_by(shape: SkipNorm, names: list[str]) -> Iterator[str]:
    """In the order of the kernel: what is added stands behind scale and shift in the node."""
    source, *told = names
    if not shape.skip:
        yield from (source, *told[: 1 + shape.shift])
        return
    skip, scale, *others = told
    yield from (source, skip)
    if shape.bias:
        yield others[1 if shape.centred else 0]
    yield scale
    if shape.shift:
        yield others[0]


def _shapes(graph: onnx.GraphProto, facts: ModelFacts) -> Iterator[tuple[str, Shape]]:
    """Of every tensor that anything is known of."""
    yield from ((one.name, tuple(one.dims)) for one in graph.initializer)
    yield from ((spec.name, spec.shape) for spec in facts.inputs)
    rows = {row.name: row for row in facts.nodes}
    for node in graph.node:
        made = [name for name in node.output if name]
        if node.name in rows and len(made) == len(rows[node.name].output_shapes):
            yield from zip(made, rows[node.name].output_shapes, strict=True)
