"""A recurrent node in a program: step by step, each from what the one before it has left."""

from dataclasses import dataclass

import numpy as np
import onnx
from msgspec.structs import replace

from gapprof.kernels.families.gates import Gates
from gapprof.kernels.families.gemm import Gemm, packed_b
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.family import F32
from gapprof.records.twins import TwinNode
from gapprof.yardstick.calls import Calls
from gapprof.yardstick.shapes import family_of, shape_of
from gapprof.yardstick.storage import Array, Storage

_BIAS, _STATE, _CELL = 3, 5, 6
"""Inputs that may be left out."""


def recurrent(node: onnx.NodeProto, twin: TwinNode, storage: Storage, calls: Calls) -> None:
    """Every direction of it, and what of the results is asked for. Raises NoTwinError."""
    _Written(node, twin, storage, calls).written()


@dataclass(frozen=True, slots=True)
class _Places:
    """Of one direction: where the results of its steps begin, in their order in the sequence."""

    first: int
    size_bytes: int


class _Written:
    """One node while it is written."""

    def __init__(self, node: onnx.NodeProto, twin: TwinNode, storage: Storage, calls: Calls) -> None:
        self._node, self._storage, self._calls = node, storage, calls
        self._keys = twin.parts[:3]
        self._directions = len(twin.parts) // 3
        self._given: Gemm = shape_of(twin.parts[0])
        self._recalled: Gemm = shape_of(twin.parts[1])
        self._gates: Gates = shape_of(twin.parts[2])
        self._steps, self._batch = self._recalled.batch, self._recalled.rows
        self._state_bytes: int = self._batch * self._gates.hidden * F32

    def written(self) -> None:
        lent = [self._direction(number) for number in range(self._directions)]
        for number, name in enumerate(self._node.output):
            if name:
                self._collected(name, number, lent)
        for one in lent:
            self._storage.returned(one.first, one.size_bytes)

    def _direction(self, number: int) -> _Places:
        storage, calls, (of_input, of_state, of_gates) = self._storage, self._calls, self._keys
        given_bytes = family_of(self._given).buffers(self._given)[-1]
        given, recalled = storage.lent(given_bytes), storage.lent(given_bytes // self._steps)
        inputs, states = self._biases(number)
        matrix = self._matrix(1, number, of_input)
        calls.call(of_input, (storage.address(self._node.input[0]), matrix, *inputs, given))
        once, gates = replace(self._recalled, batch=1), replace(self._gates, rows=self._batch)
        each_bytes = family_of(gates).buffers(gates)[-1]
        made = _Places(storage.lent(self._steps * each_bytes), self._steps * each_bytes)
        matrix = self._matrix(2, number, of_state)
        output, state = self._initial(_STATE, number), self._initial(_CELL, number)
        for step in self._order(number):
            calls.call_as(once, of_state, (output, matrix, *states, recalled))
            from_input = given + step * given_bytes // self._steps
            result = made.first + step * each_bytes
            before = state if self._gates.cell == "lstm" else output
            calls.call_as(gates, of_gates, (from_input, recalled, before, result))
            output, state = result, result + self._state_bytes
        storage.returned(given, given_bytes)
        storage.returned(recalled, given_bytes // self._steps)
        return made

    def _collected(self, name: str, number: int, lent: list[_Places]) -> None:
        """The outputs of all steps, the last output, or the last cell."""
        run = self._state_bytes // F32
        steps = self._steps if number == 0 else 1
        result = self._storage.result(name, steps * self._directions * self._state_bytes)
        for direction, places in enumerate(lent):
            each = places.size_bytes // self._steps
            first = 0 if number == 0 else self._order(direction)[-1] * each
            moved = Moved(
                sizes=(steps,),
                run=run,
                source_steps=(each // F32,),
                result_steps=(self._directions * run,),
                source_count=places.size_bytes // F32,
                result_count=steps * self._directions * run,
            )
            source = places.first + first + (self._state_bytes if number > 1 else 0)
            self._calls.untuned(moved, (source, result + direction * self._state_bytes))

    def _order(self, direction: int) -> range:
        """Of the steps."""
        forward = range(self._steps)
        named = next((one.s for one in self._node.attribute if one.name == "direction"), b"forward")
        return forward[::-1] if direction or named == b"reverse" else forward

    def _matrix(self, number: int, direction: int, key: str) -> int:
        """Weights of one direction, in the order of the schedule."""
        machine, tile = self._calls.chosen(key)
        matrix = self._storage.value(self._node.input[number])[direction]
        return self._storage.floats(packed_b(np.asarray(matrix, np.float32).T, tile, machine))

    def _biases(self, direction: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of the product of the inputs, and of that of the states where it has one of its own."""
        if not self._given.bias:
            return (), ()
        both: Array = self._storage.value(self._node.input[_BIAS])[direction].reshape(2, -1)
        if self._recalled.bias:
            return (self._storage.floats(both[0]),), (self._storage.floats(both[1]),)
        return (self._storage.floats(both.sum(0)),), ()

    def _initial(self, number: int, direction: int) -> int:
        """A state before the first step: zeros, unless it is given."""
        if len(self._node.input) > number and self._node.input[number]:
            return self._storage.address(self._node.input[number]) + direction * self._state_bytes
        return self._storage.floats(np.zeros(self._state_bytes // F32, np.float32))
