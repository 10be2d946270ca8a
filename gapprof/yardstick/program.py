"""A whole model out of our kernels: which of them runs on which addresses, in the order of the graph. Pure.

What a prediction by kernels leaves out (one kernel after the other on real activations, nothing between them)
is in a run of it. Graphs with an operator that has no exact kernel here are refused by that operator's name.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnx
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.gemm import Gemm, packed_b
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.family import F32, Tile
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import WASM, Machine
from gapprof.records.model import ModelFacts
from gapprof.records.twins import TwinNode
from gapprof.yardstick.activations import Memory
from gapprof.yardstick.beforehand import Beforehand
from gapprof.yardstick.exact import refuse_inexact
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.shapes import family_of, key_of, shape_of

Shape = tuple[int, ...]
Chosen = Callable[[str], tuple[Machine, Tile]]
"""Shape as text → for which machine, and with which schedule."""
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


@dataclass(slots=True)
class _Tensor:
    """Where an activation lies, and how many nodes are still to read it."""

    offset: int
    size_bytes: int
    readers: int
    owned: bool
    """Whether its memory is free again after the last reader."""


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
        self._graph, self._facts, self._twins, self._chosen = graph, facts, twins, chosen
        whole = {spec.name: inputs[spec.name] for spec in facts.inputs if spec.dtype != "float32"}
        self._known = Beforehand(graph, facts.opset, whole, twins)
        self._memory = Memory()
        self._tensors: dict[str, _Tensor] = {}
        self._placed: list[tuple[int, NDArray[np.float32]]] = []
        self._borders: dict[tuple[Padded, float], int] = {}
        self._kernels: dict[tuple[str, Machine, Tile], int] = {}
        self._written: list[Kernel] = []
        self._calls: list[tuple[int, tuple[int, ...]]] = []
        self._inputs = inputs
        self._readers: dict[str, int] = {}
        for node in graph.node:
            for name in node.input:
                self._readers[name] = self._readers.get(name, 0) + 1

    def written(self) -> Program:
        for spec in self._facts.inputs:
            if spec.name in self._known:
                continue
            offset = self._place(np.asarray(self._inputs[spec.name], np.float32))
            self._tensors[spec.name] = _Tensor(offset, math.prod(spec.shape) * F32, 1 << 30, owned=False)
        for node in self._graph.node:
            try:
                if not all(name in self._known for name in node.output if name):
                    self._node(node)
            except NoTwinError as reason:
                raise NoTwinError(f"{node.name or node.op_type}: {reason}") from reason
        end = max((offset + array.nbytes for offset, array in self._placed), default=0)
        image = bytearray(end)
        for offset, array in self._placed:
            image[offset : offset + array.nbytes] = array.tobytes()
        return Program(
            kernels=tuple(self._written),
            calls=tuple(self._calls),
            image=bytes(image),
            memory_bytes=self._memory.arena.size_bytes,
            outputs={spec.name: (self._tensor(spec.name).offset, spec.shape) for spec in self._facts.outputs},
        )

    def _node(self, node: onnx.NodeProto) -> None:
        if node.op_type in _VIEWS:
            source = self._tensor(node.input[0])
            kept = self._keeps(node.output[0])
            source.readers += kept - 1
            self._tensors[node.output[0]] = source
            return
        twin = self._twins.get(node.name)
        if twin is None or not twin.parts:
            raise NoTwinError(twin.why if twin else "it is not in the census")
        refuse_inexact(node, [shape_of(part) for part in twin.parts])
        if node.op_type == "Gather":
            self._gather(node, twin)
            return
        prepared: int | None = None
        lent: list[tuple[int, int]] = []
        output = self._result(node, twin)
        for number, key in enumerate(twin.parts):
            shape = shape_of(key)
            if isinstance(shape, Padded):
                prepared = self._border(shape, _LOWEST if node.op_type == "MaxPool" else 0.0)
                self._call(key, (self._tensor(node.input[0]).offset, prepared))
            elif isinstance(shape, Moved) and node.op_type == "Concat":
                self._call(key, (self._address(node.input[number]), output))
            elif isinstance(shape, Transposed) and node.op_type.endswith("MatMul"):
                size = family_of(shape).buffers(shape)[-1]
                prepared = self._memory.take(size)
                lent.append((prepared, size))
                self._call(key, (self._tensor(node.input[1]).offset, prepared))
            else:
                self._call(key, (*self._arguments(node, shape, key, prepared), output))
        self._scale(node, output)
        for name in node.input:
            self._read(name)
        for offset, size in lent:
            self._memory.give_back(offset, size)

    def _gather(self, node: onnx.NodeProto, twin: TwinNode) -> None:
        """Row by row, from where the indices say: they are known."""
        table, wanted = node.input[:2]
        if wanted not in self._known:
            raise NoTwinError("its indices are not known beforehand")
        shape = shape_of(twin.parts[-1])
        rows, source = shape.source_count // shape.run, self._address(table)
        row = Moved(
            sizes=(),
            run=shape.run,
            source_steps=(),
            result_steps=(),
            source_count=shape.run,
            result_count=shape.run,
        )
        output = self._result(node, twin)
        for place, index in enumerate(np.asarray(self._known[wanted]).ravel().tolist()):
            at = (int(index) % rows) * shape.run * F32
            self._untuned(row, (source + at, output + place * shape.run * F32))
        self._read(table)

    def _scale(self, node: onnx.NodeProto, output: int) -> None:
        """A product that onnxruntime scales by `alpha` on the way is scaled by a pass of its own."""
        alpha = next((one.f for one in node.attribute if one.name == "alpha"), 1.0)
        if alpha == 1.0 or not node.op_type.endswith("MatMul"):
            return
        count = self._tensor(node.output[0]).size_bytes // F32
        scaled = Combined(rows=1, columns=count, op="mul", right="one")
        self._untuned(scaled, (output, self._place(np.array([alpha], np.float32)), output))

    def _arguments(
        self, node: onnx.NodeProto, shape: Struct, key: str, prepared: int | None
    ) -> tuple[int, ...]:
        """Addresses of what a part reads, in the order of its parameters; `prepared` is one of them."""
        names = list(node.input)
        if isinstance(shape, Conv) or (isinstance(shape, Gemm) and node.op_type.endswith("Conv")):
            source = prepared if prepared is not None else self._tensor(names[0]).offset
            filters = self._weight(names[1])
            bias = (self._weight(names[2]),) if len(names) > 2 else ()
            return (filters, source, *bias) if isinstance(shape, Gemm) else (source, filters, *bias)
        if isinstance(shape, Gemm):
            bias = (self._weight(names[2]),) if shape.bias else ()
            right = prepared if prepared is not None else self._right(node, shape, key)
            return self._tensor(names[0]).offset, right, *bias
        if isinstance(shape, Combined):
            return self._operands(names, shape)
        if isinstance(shape, LayerNorm):
            return tuple(self._address(name) for name in names[:3])
        return (prepared if prepared is not None else self._address(names[0]),)

    def _operands(self, names: list[str], shape: Combined) -> tuple[int, int]:
        """The larger one first: only operators that commute have it second."""
        whole = shape.rows * shape.columns
        sizes = [self._elements(name) for name in names[:2]]
        left, right = names[:2] if sizes[0] == whole else reversed(names[:2])
        return self._address(left), self._address(right)

    def _right(self, node: onnx.NodeProto, shape: Gemm, key: str) -> int:
        """The second operand of a matrix product: a weight in the order of the schedule, or an activation."""
        name = node.input[1]
        if name not in self._known:
            return self._tensor(name).offset
        matrix = np.asarray(self._known[name], np.float32)
        if any(one.name == "transB" and one.i for one in node.attribute):
            matrix = matrix.T
        if matrix.ndim != 2:
            raise NoTwinError("its weight is no matrix")
        machine, tile = self._chosen(key)
        return self._place(packed_b(matrix, tile, machine) if shape.packed else matrix)

    def _result(self, node: onnx.NodeProto, twin: TwinNode) -> int:
        name = node.output[0]
        main = shape_of(twin.parts[-1])
        size = family_of(main).buffers(main)[-1]
        offset = self._memory.take(size)
        self._tensors[name] = _Tensor(offset, size, self._keeps(name), owned=True)
        return offset

    def _keeps(self, name: str) -> int:
        """How often it will be read; outputs of the graph are never given back."""
        return (
            (1 << 30) if any(out.name == name for out in self._graph.output) else self._readers.get(name, 0)
        )

    def _read(self, name: str) -> None:
        tensor = self._tensors.get(name)
        if tensor is None:
            return
        tensor.readers -= 1
        if tensor.readers == 0 and tensor.owned:
            self._memory.give_back(tensor.offset, tensor.size_bytes)

    def _border(self, shape: Padded, value: float) -> int:
        """A padded image; those of one shape and border share it, since each leaves the border as it was."""
        if (shape, value) not in self._borders:
            elements = family_of(shape).buffers(shape)[-1] // F32
            self._borders[shape, value] = self._place(np.full(elements, value, np.float32))
        return self._borders[shape, value]

    def _call(self, key: str, addresses: tuple[int, ...]) -> None:
        self._called(key, *self._chosen(key), addresses)

    def _called(self, key: str, machine: Machine, tile: Tile, addresses: tuple[int, ...]) -> None:
        if (key, machine, tile) not in self._kernels:
            shape = shape_of(key)
            kernel = family_of(shape).kernel(shape, tile, machine)
            self._kernels[key, machine, tile] = len(self._written)
            self._written.append(replace(kernel, name=f"k{len(self._written)}"))
        self._calls.append((self._kernels[key, machine, tile], addresses))

    def _untuned(self, shape: Struct, addresses: tuple[int, ...]) -> None:
        """A call of a nest that the graph has no node for."""
        key = key_of(shape)
        tile = family_of(shape).tiles(shape, WASM)[-1]
        self._called(key, WASM, tile, addresses)

    def _address(self, name: str) -> int:
        return self._weight(name) if name in self._known else self._tensor(name).offset

    def _tensor(self, name: str) -> _Tensor:
        if name not in self._tensors:
            raise NoTwinError(f"{name} is no activation")
        return self._tensors[name]

    def _weight(self, name: str) -> int:
        if name not in self._known:
            raise NoTwinError(f"{name} is no weight")
        return self._place(np.asarray(self._known[name], np.float32))

    def _elements(self, name: str) -> int:
        if name in self._known:
            return int(self._known[name].size)
        return self._tensor(name).size_bytes // F32

    def _place(self, array: NDArray[np.float32]) -> int:
        offset = self._memory.arena.place(array.nbytes)
        self._placed.append((offset, np.ascontiguousarray(array)))
        return offset
