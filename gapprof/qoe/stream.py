"""A stream of inputs as a camera or a microphone gives them: what one frame holds, the next one nearly holds
too. Pure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
FRAMES_PER_S = 30.0
TURN = 12
"""Frames from one of two scenes to the other."""
MOST_FRAMES = 48
MOST_BYTES = 64 << 20
"""Of all inputs together."""
LEAST_FRAMES = 4


def stream(first: Arrays, second: Arrays, *, seed: int) -> list[dict[str, NDArray[Any]]]:
    """Frames that turn from the one input into the other and back, again and again.

    Real values are mixed so that their variance stays; of whole numbers more and more are the other's.
    """
    size = sum(array.nbytes for array in first.values())
    count = max(LEAST_FRAMES, min(MOST_FRAMES, MOST_BYTES // max(1, size)))
    return [
        {
            name: _mixed(array, second[name], _share(frame), np.random.default_rng([seed, index]))
            for index, (name, array) in enumerate(first.items())
        }
        for frame in range(count)
    ]


def _share(frame: int) -> float:
    """Of the second scene: up within a turn, and down again in the next."""
    turns, into = divmod(frame, TURN)
    return into / TURN if turns % 2 == 0 else 1 - into / TURN


def _mixed(one: NDArray[Any], other: NDArray[Any], share: float, random: np.random.Generator) -> NDArray[Any]:
    if one.dtype.kind == "f":
        mixed = np.sqrt(1 - share) * one + np.sqrt(share) * other
    else:
        mixed = np.where(random.random(one.shape) < share, other, one)
    return np.asarray(mixed, one.dtype)
