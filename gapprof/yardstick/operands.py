"""What the loop nests of a node read in a program: activations where they lie, weights in the right order."""

from collections.abc import Iterator

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
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.selected import Selected
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.four_bits import FourBits, halves_of, packed_elements, packed_scales
from gapprof.yardstick.calls import Chosen
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.storage import Storage


class Operands:
    """Of the nodes of one program. Raises NoTwinError for what is not where it has to be."""

    def __init__(self, storage: Storage, chosen: Chosen) -> None:
        self._storage, self._chosen = storage, chosen

    def of_part(self, node: onnx.NodeProto, shape: Struct, key: str, prepared: int | None) -> tuple[int, ...]:
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
        machine, tile = self._chosen(key)
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
        if not self._storage.knows(name):
            return self._storage.activation(name)
        matrix = np.asarray(self._storage.value(name), np.float32)
        if any(one.name == "transB" and one.i for one in node.attribute):
            matrix = matrix.T
        if matrix.ndim != 2:
            raise NoTwinError("its weight is no matrix")
        machine, tile = self._chosen(key)
        return self._storage.floats(packed_b(matrix, tile, machine) if shape.packed else matrix)

    def of_second(self, node: onnx.NodeProto, shape: Unpacked | Transposed, key: str) -> tuple[int, ...]:
        """What the second operand of a product is made ready from."""
        if isinstance(shape, Unpacked):
            return tuple(self._packed(node, shape, key))
        return (self._storage.activation(node.input[1]),)

    def border(self, node: onnx.NodeProto) -> float:
        """What a tensor is padded with."""
        if len(node.input) > 2 and node.input[2]:
            return float(self._storage.value(node.input[2]).ravel()[0])
        return next((one.f for one in node.attribute if one.name == "value"), 0.0)


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
