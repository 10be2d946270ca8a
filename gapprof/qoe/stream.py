"""A stream of inputs as a camera or a microphone gives them: a scene stands still for a while, then turns
into the next one. Pure.

Each of the scenes and each of the frames between two of them is answered once; the stream is an order in
which they come, long enough for a few answers a second to be many. Scenes come in one ring, each for a time
drawn anew: nothing keeps step with a rate, and no scene comes back while an old answer can still be seen.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
FRAMES_PER_S = 30.0
SCENES = 12
TURN = 4
"""Frames from one scene to the next one."""
STILL = (10, 50)
"""Frames for which a scene stands still: a third of a second to 1.7 s."""
STREAM_FRAMES = 3600
"""At least: two minutes."""
LEAST_LAPS = 3
MOST_BYTES = 64 << 20
"""Of all inputs together, where they are seeded; given ones are the user's choice."""
MOST_GIVEN_BYTES = 256 << 20
LEAST_SCENES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Different frames, the scene that each shows (or shows more of), and the order in which they come."""

    frames: tuple[Arrays, ...]
    scenes: tuple[int, ...]
    still: tuple[int, ...]
    """Of each scene the frame that shows it alone."""
    order: tuple[int, ...]


def room(size_bytes: int, most_bytes: int, *, run_ms: float, most_ms: float) -> int:
    """How many different inputs of that size may be answered, by their bytes and by what a run takes."""
    by_time = most_ms / run_ms if run_ms > 0 else math.inf
    return max(LEAST_SCENES, min(most_bytes // max(1, size_bytes), int(min(by_time, 1e9))))


def turning(scenes: Sequence[Arrays], *, frames: int, seed: int) -> Stream:
    """Scenes that turn into one another, in at most so many different frames: first turns, then scenes go.

    Real values are mixed so that their variance stays; of whole numbers more and more are the other's.
    """
    kept = scenes[: max(LEAST_SCENES, min(len(scenes), frames))]
    turn = max(1, min(TURN, frames // len(kept)))
    found: list[Arrays] = []
    shows: list[int] = []
    for number, scene in enumerate(kept):
        following = (number + 1) % len(kept)
        for step in range(turn):
            share = step / turn
            found.append(_between(scene, kept[following], share, seed) if step else scene)
            shows.append(number if share < 1 / 2 else following)
    return Stream(
        frames=tuple(found),
        scenes=tuple(shows),
        still=tuple(range(0, len(found), turn)),
        order=_order(len(kept), turn, seed),
    )


def cutting(scenes: Sequence[Arrays], *, seed: int) -> Stream:
    """Scenes that follow one another at once: nothing is made of the user's own inputs."""
    each = tuple(range(len(scenes)))
    return Stream(frames=tuple(scenes), scenes=each, still=each, order=_order(len(scenes), 1, seed))


def _order(scenes: int, turn: int, seed: int) -> tuple[int, ...]:
    """Laps of the ring, until the stream is long enough."""
    random = np.random.default_rng(seed)
    found: list[int] = []
    laps = 0
    while laps < LEAST_LAPS or len(found) < STREAM_FRAMES:
        for scene in range(scenes):
            found += [scene * turn] * int(random.integers(STILL[0], STILL[1], endpoint=True))
            found += range(scene * turn + 1, (scene + 1) * turn)
        laps += 1
    return tuple(found)


def _between(one: Arrays, other: Arrays, share: float, seed: int) -> dict[str, NDArray[Any]]:
    return {
        name: _mixed(array, other[name], share, np.random.default_rng([seed, index]))
        for index, (name, array) in enumerate(one.items())
    }


def _mixed(one: NDArray[Any], other: NDArray[Any], share: float, random: np.random.Generator) -> NDArray[Any]:
    if one.dtype.kind == "f":
        mixed = np.sqrt(1 - share) * one + np.sqrt(share) * other
        mixed = np.where(one == other, one, mixed)  # a mask of ones stays one
    else:
        mixed = np.where(random.random(one.shape) < share, other, one)
    return np.asarray(mixed, one.dtype)
