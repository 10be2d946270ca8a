"""Matrices of four bits an element and a scale for every few of them, as language models' weights are kept.

Eight elements of a column lie in one i32, one column beside the other: two shifts make a number of each.
"""

from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.kernels.family import F32, Tile
from gapprof.kernels.ir import Expression, Local, ShiftLeft, ShiftRight
from gapprof.kernels.machine import Machine
from gapprof.kernels.panels import panels

T = TypeVar("T", bound=np.generic)
BITS = 4
EIGHT = 8
"""Elements of four bits in 32."""
_MIDDLE = 8
"""What stands for 0 where no zero point is given; elements are kept as what they differ from it by."""


class FourBits(Struct, frozen=True, kw_only=True):
    """[depth, columns]. `packed_elements` and `packed_scales` tell the order in memory."""

    depth: int
    columns: int
    block: int
    """Elements of a column that have a scale in common: a multiple of eight."""
    zero_points: bool = False

    def __post_init__(self) -> None:
        if self.block % EIGHT:
            raise ValueError(f"blocks of {self.block} are no eights")

    @property
    def blocks(self) -> int:
        """Of a column."""
        return -(-self.depth // self.block)

    @property
    def packed_bytes(self) -> tuple[int, ...]:
        """Of elements (i32), scales (f32), and zero points less 8 (f32) where there are some."""
        scales = self.columns * self.blocks * F32
        elements = self.columns * self.blocks * self.block // EIGHT * F32
        return elements, scales, *((scales,) if self.zero_points else ())


def halves_of(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two for each byte, the lower one first, as ONNX packs them."""
    return np.stack([packed & 15, packed >> BITS], axis=-1).reshape(*packed.shape[:-1], -1)


def packed_elements(
    elements: NDArray[np.uint8], shape: FourBits, tile: Tile, machine: Machine
) -> NDArray[np.int32]:
    """Of [columns, depth], each in a byte: panel by panel, eight rows at once."""
    whole = shape.blocks * shape.block
    filled = np.full((shape.columns, whole), _MIDDLE, np.uint8)
    filled[:, : shape.depth] = elements
    eights = ((filled ^ _MIDDLE).astype(np.uint32)).reshape(shape.columns, whole // EIGHT, EIGHT)
    words = np.bitwise_or.reduce(eights << (BITS * np.arange(EIGHT, dtype=np.uint32)), axis=2)
    return _by_panel(words.view(np.int32), shape, tile, machine)


def packed_scales(
    scales: NDArray[np.float32], shape: FourBits, tile: Tile, machine: Machine
) -> NDArray[np.float32]:
    """Of [columns, blocks], or zero points: panel by panel, block by block."""
    return _by_panel(scales, shape, tile, machine)


def _by_panel(values: NDArray[T], shape: FourBits, tile: Tile, machine: Machine) -> NDArray[T]:
    parts, first = [], 0
    for panel in panels(shape.columns, tile, machine):
        for _ in range(panel.times):
            parts.append(values[first : first + panel.columns].T.ravel())
            first += panel.columns
    return np.concatenate(parts)


def element(word: Local, number: int) -> Expression:
    """With its sign: its bits at the top, then back."""
    top = (EIGHT - 1 - number) * BITS
    return ShiftRight(ShiftLeft(word, top) if top else word, 32 - BITS)
