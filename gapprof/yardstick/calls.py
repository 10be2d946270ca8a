"""The kernels of a program and their calls, in order."""

from collections.abc import Callable
from dataclasses import replace

from msgspec import Struct

from gapprof.kernels.family import Tile
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import WASM, Machine
from gapprof.yardstick.shapes import family_of, key_of, shape_of

Chosen = Callable[[str], tuple[Machine, Tile]]
"""Shape as text → for which machine, and with which schedule."""
Addresses = tuple[int, ...]


class Calls:
    """What is called twice is one kernel."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self.kernels: list[Kernel] = []
        self.calls: list[tuple[int, Addresses]] = []
        """(kernel, addresses)"""
        self._numbers: dict[tuple[str, Machine, Tile], int] = {}

    def call(self, key: str, addresses: Addresses) -> None:
        """A loop nest of the graph."""
        self._called(key, *self.chosen(key), addresses)

    def call_as(self, shape: Struct, tuned: str, addresses: Addresses) -> None:
        """A nest that is a part of one of the graph's, with the schedule of that."""
        self._called(key_of(shape), *self.chosen(tuned), addresses)

    def untuned(self, shape: Struct, addresses: Addresses) -> None:
        """A nest that the graph has no node for."""
        self._called(key_of(shape), WASM, family_of(shape).tiles(shape, WASM)[-1], addresses)

    def _called(self, key: str, machine: Machine, tile: Tile, addresses: Addresses) -> None:
        if (key, machine, tile) not in self._numbers:
            shape = shape_of(key)
            kernel = family_of(shape).kernel(shape, tile, machine)
            self._numbers[key, machine, tile] = len(self.kernels)
            self.kernels.append(replace(kernel, name=f"k{len(self.kernels)}"))
        self.calls.append((self._numbers[key, machine, tile], addresses))
