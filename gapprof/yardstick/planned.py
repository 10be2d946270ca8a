"""Attention in a program: its steps on real operands."""

import math
from collections.abc import Sequence

import numpy as np

from gapprof.kernels.families.gemm import Gemm, packed_b
from gapprof.kernels.family import F32
from gapprof.yardstick.attention import CAUSAL, MASK, SCALE, SCORES
from gapprof.yardstick.calls import Calls
from gapprof.yardstick.heads import Part, Slot, Step
from gapprof.yardstick.node import Node, NoTwinError
from gapprof.yardstick.shapes import family_of, key_of
from gapprof.yardstick.storage import Array, Storage

_HIDDEN = -10000.0
"""Added to the scores of what must not be seen, unless the node says otherwise."""
_PAST, _LAST_KEY, _POSITIONS = 3, 5, 9
_MASKS = {"Attention": 3, "MultiHeadAttention": 4}


def carry_out(node: Node, steps: Sequence[Step], storage: Storage, calls: Calls) -> None:
    """Raises NoTwinError for masks that are not known beforehand."""
    _Plan(node, steps, storage, calls).carry_out()


class _Plan:
    """One node while it is written."""

    def __init__(self, node: Node, steps: Sequence[Step], storage: Storage, calls: Calls) -> None:
        self._node, self._steps, self._storage, self._calls = node, steps, storage, calls
        self._places: dict[Slot, int] = {}
        self._lent: list[tuple[int, int]] = []

    def carry_out(self) -> None:
        if self._node.proto.op_type == "GroupQueryAttention":
            self._refuse_shorter()
        for step in self._steps:
            reads = [self._read(part, step) for part in step.reads]
            addresses = (*reads, self._written(step))
            if step.timed:
                self._calls.call(key_of(step.shape), addresses)
            else:
                self._calls.untuned(step.shape, addresses)
        for offset, size in self._lent:
            self._storage.returned(offset, size)

    def _read(self, part: Part, step: Step) -> int:
        if part.slot not in self._places:
            self._places[part.slot] = self._placed(part.slot, step)
        return self._places[part.slot] + part.first * F32

    def _placed(self, slot: Slot, step: Step) -> int:
        """Of an operand that no step has made."""
        node, storage = self._node, self._storage
        if isinstance(slot, int):
            name = node.proto.input[slot]
            if isinstance(step.shape, Gemm) and step.shape.packed and slot == 1:
                machine, tile = self._calls.chosen(key_of(step.shape))
                return storage.floats(packed_b(np.asarray(storage.value(name), np.float32), tile, machine))
            return storage.address(name)
        queries = node.input(0)[1]
        keys = node.outputs[1][2] if len(node.outputs) > 1 else self._keys()
        match slot:
            case str() if slot == SCALE:
                return storage.floats(np.array([self._scale()], np.float32))
            case str() if slot == CAUSAL:
                seen = np.tri(queries, keys, keys - queries, dtype=bool)
                return storage.floats(np.where(seen, 0.0, self._hidden()))
            case str() if slot == MASK:
                return storage.floats(np.where(self._mask(keys), 0.0, self._hidden()))
            case _:
                raise NoTwinError(f"nothing makes its {slot}")

    def _written(self, step: Step) -> int:
        if step.writes not in self._places:
            size = family_of(step.shape).buffers(step.shape)[-1]
            if isinstance(step.writes, int):
                self._places[step.writes] = self._storage.result(self._output(step.writes), size)
            else:
                self._places[step.writes] = self._storage.lent(size)
                self._lent.append((self._places[step.writes], size))
        return self._places[step.writes]

    def _output(self, slot: int) -> str:
        return [name for name in self._node.proto.output if name][-slot - 1]

    def _keys(self) -> int:
        """Rows of what is attended to."""
        return self._node.input(0 if self._node.proto.op_type == "Attention" else 1)[1]

    def _scale(self) -> float:
        products = (step.shape for step in self._steps if step.writes == SCORES)
        width = next(one.depth for one in products if isinstance(one, Gemm))
        return float(self._node.attribute("scale", 0.0)) or 1 / math.sqrt(width)

    def _refuse_shorter(self) -> None:
        """Where fewer keys are seen than the cache holds, or rows of a batch differ in it."""
        if self._node.has(_POSITIONS):
            raise NoTwinError("where its positions are is told by a tensor")
        before = self._node.outputs[1][2] - self._node.input(0)[1]
        if before and not (self._node.has(_PAST) and self._node.input(_PAST)[2] == before):
            raise NoTwinError("its cache is not what it saw before")
        last = self._storage.value(self._node.proto.input[_LAST_KEY])
        if self._node.input(0)[0] > 1 or set(last.ravel().tolist()) != {self._node.outputs[1][2] - 1}:
            raise NoTwinError("how many keys it sees is not what its cache holds")

    def _hidden(self) -> float:
        return float(self._node.attribute("mask_filter_value", _HIDDEN))

    def _mask(self, keys: int) -> Array:
        """Which keys may be seen: one row for all."""
        told = self._storage.value(self._node.proto.input[_MASKS[self._node.proto.op_type]])
        if told.size != keys or self._node.input(0)[0] > 1:
            raise NoTwinError("its mask is not one row of flags for all")
        return np.asarray(told.ravel() != 0)
