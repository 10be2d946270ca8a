"""Columns of a matrix as the nests of products take them: so many vectors at once, then what is left."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.kernels.family import Tile
from gapprof.kernels.machine import Machine, pieces


@dataclass(frozen=True, slots=True)
class Panel:
    """Columns that are done alike."""

    lanes: int
    vectors: int
    times: int

    @property
    def columns(self) -> int:
        """At once."""
        return self.lanes * self.vectors


def panels(columns: int, tile: Tile, machine: Machine) -> Iterator[Panel]:
    """All of them, none twice: those that fill no vector in narrower ones, down to scalars."""
    full, rest = divmod(columns, tile.vectors * machine.lanes)
    if full:
        yield Panel(machine.lanes, tile.vectors, full)
    for lanes, vectors in pieces(rest, machine.lanes):
        yield Panel(lanes, vectors, 1)
