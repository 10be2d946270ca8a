"""Where a program's tensors lie: what is known at fixed places, activations as long as they are read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from gapprof.kernels.families.padded import Padded
from gapprof.kernels.family import F32
from gapprof.yardstick.activations import Memory
from gapprof.yardstick.beforehand import Beforehand
from gapprof.yardstick.node import NoTwinError
from gapprof.yardstick.shapes import family_of

Array = NDArray[Any]
_ALWAYS = 1 << 30
"""Readers of what is never given back."""


@dataclass(slots=True)
class _Tensor:
    """Where an activation lies, and how many nodes are still to read it."""

    offset: int
    size_bytes: int
    readers: int
    owned: bool
    """Whether its memory is free again after the last reader."""


class Storage:
    """Of one program while it is written. Whatever asks for a tensor that is not there gets a NoTwinError."""

    def __init__(self, graph: onnx.GraphProto, known: Beforehand) -> None:
        self._known = known
        self._memory = Memory()
        self._tensors: dict[str, _Tensor] = {}
        self._placed: list[tuple[int, Array]] = []
        self._borders: dict[tuple[Padded, float], int] = {}
        self._outputs = {out.name for out in graph.output}
        self._readers: dict[str, int] = {}
        for node in graph.node:
            for name in node.input:
                self._readers[name] = self._readers.get(name, 0) + 1

    @property
    def size_bytes(self) -> int:
        """Of all of it."""
        return self._memory.arena.size_bytes

    def image(self) -> bytes:
        """Memory from address 0 on, as far as anything is known of it."""
        image = bytearray(max((offset + array.nbytes for offset, array in self._placed), default=0))
        for offset, array in self._placed:
            image[offset : offset + array.nbytes] = array.tobytes()
        return bytes(image)

    def input(self, name: str, value: Array) -> None:
        """One of the graph's."""
        self._tensors[name] = _Tensor(self.floats(value), value.size * F32, _ALWAYS, owned=False)

    def result(self, name: str, size_bytes: int) -> int:
        """Memory for what a node makes."""
        offset = self._memory.take(size_bytes)
        self._tensors[name] = _Tensor(offset, size_bytes, self._keeps(name), owned=True)
        return offset

    def filled(self, name: str, count: int, value: float) -> int:
        """The same, for a result that a node leaves parts of as they are."""
        array = np.full(count, value, np.float32)
        offset = self.floats(array)
        self._tensors[name] = _Tensor(offset, array.nbytes, self._keeps(name), owned=False)
        return offset

    def view(self, source: str, name: str) -> None:
        """The same tensor under another name."""
        tensor = self._tensor(source)
        tensor.readers += self._keeps(name) - 1
        self._tensors[name] = tensor

    def read(self, name: str) -> None:
        """A node has read it; after the last one its memory is free."""
        tensor = self._tensors.get(name)
        if tensor is None:
            return
        tensor.readers -= 1
        if tensor.readers == 0 and tensor.owned:
            self._memory.give_back(tensor.offset, tensor.size_bytes)

    def lent(self, size_bytes: int) -> int:
        """Memory that `returned` takes back."""
        return self._memory.take(size_bytes)

    def returned(self, offset: int, size_bytes: int) -> None:
        """What was lent."""
        self._memory.give_back(offset, size_bytes)

    def border(self, shape: Padded, value: float) -> int:
        """A padded image; those of one shape and border share it, since each leaves the border as it was."""
        if (shape, value) not in self._borders:
            elements = family_of(shape).buffers(shape)[-1] // F32
            self._borders[shape, value] = self.floats(np.full(elements, value, np.float32))
        return self._borders[shape, value]

    def floats(self, value: Array) -> int:
        """A place for what is known."""
        return self.bytes_of(np.asarray(value, np.float32))

    def bytes_of(self, value: Array) -> int:
        """The same, as it is."""
        offset = self._memory.arena.place(value.nbytes)
        self._placed.append((offset, np.ascontiguousarray(value)))
        return offset

    def weight(self, name: str) -> int:
        """A place for what is known by that name."""
        return self.floats(self.value(name))

    def knows(self, name: str) -> bool:
        """Whether it is known beforehand."""
        return name in self._known

    def value(self, name: str) -> Array:
        """What is known by that name."""
        if not self._known.tells(name):
            raise NoTwinError(f"{name} is no weight")
        return self._known[name]

    def activation(self, name: str) -> int:
        """Where it lies."""
        return self._tensor(name).offset

    def address(self, name: str) -> int:
        """Of either."""
        return self.weight(name) if name in self._known else self.activation(name)

    def elements(self, name: str) -> int:
        """Of either."""
        return int(self._known[name].size) if name in self._known else self._tensor(name).size_bytes // F32

    def _tensor(self, name: str) -> _Tensor:
        if name not in self._tensors:
            raise NoTwinError(f"{name} is no activation")
        return self._tensors[name]

    def _keeps(self, name: str) -> int:
        """How often it will be read; outputs of the graph are never given back."""
        return _ALWAYS if name in self._outputs else self._readers.get(name, 0)
