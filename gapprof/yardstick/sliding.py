"""How a window goes over an image, as convolutions and pooling say it alike. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.yardstick.node import Node, NoTwinError

_MOST_TAPS = 121
"""Of a window, 11 by 11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding:
    """In elements, (rows, columns); a line is an image of one row."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    pads: tuple[int, int, int, int]
    """Top, left, bottom and right."""

    def refuse_uneven(self) -> None:
        """Raises NoTwinError for steps along a row that no shuffle of two vectors makes."""
        if self.stride[1] & (self.stride[1] - 1):
            raise NoTwinError(f"its stride of {self.stride[1]} is no power of two")


def sliding(node: Node, window: Sequence[int]) -> Sliding:
    """With that window. Raises NoTwinError for one that makes too much code: all of it is written out."""
    kernel, axes = plane_of(window), len(window)
    if math.prod(kernel) > _MOST_TAPS:
        raise NoTwinError(f"its window of {kernel[0]}x{kernel[1]} is too large to be written out")
    stride = plane_of(node.attribute("strides", [1] * axes))
    dilation = plane_of(node.attribute("dilations", [1] * axes))
    automatic = node.attribute("auto_pad", "NOTSET")
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        sizes, results = plane_of(node.input(0)[2:]), plane_of(node.output[2:])
        wanted = (
            (result - 1) * step + (taps - 1) * gap + 1 - size
            for result, step, taps, gap, size in zip(results, stride, kernel, dilation, sizes, strict=True)
        )
        rows, columns = (_shared(max(0, total), automatic) for total in wanted)
        pads = (rows[0], columns[0], rows[1], columns[1])
    else:
        told = [int(one) for one in node.attribute("pads", [0] * 2 * axes)]
        pads = (told[0], told[1], told[2], told[3]) if axes == 2 else (0, told[0], 0, told[1])
    return Sliding(kernel=kernel, stride=stride, dilation=dilation, pads=pads)


def _shared(total: int, automatic: str) -> tuple[int, int]:
    """Before and behind; the odd one goes where the name says."""
    less = total // 2
    return (less, total - less) if automatic == "SAME_UPPER" else (total - less, less)


def plane_of(sizes: Sequence[int]) -> tuple[int, int]:
    """Of an image."""
    return (int(sizes[0]), int(sizes[1])) if len(sizes) == 2 else (1, int(sizes[0]))
