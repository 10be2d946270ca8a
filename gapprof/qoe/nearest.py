"""Which scene an answer is about, for models without classes: the one whose native answer is nearest to it.

Nearest by the cosine between how both differ from the mean of the native answers to all scenes: what all
answers have in common would bring every cosine close to 1. Outputs count alike, whatever their scale: each is
divided by the root of its mean square difference from that mean. Outputs whose shape changes from frame to
frame cannot be laid beside each other, and are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
_CHUNK = 1 << 14
"""Elements at a time: answers may be pictures of many millions."""


def nearest(answers: Sequence[Arrays], scenes: Sequence[Arrays]) -> list[int] | None:
    """Of each answer, by number; None where scenes have no output of one shape that tells two of them apart.

    `scenes`: the native answer to each; all with the same names.
    """
    names = [name for name in scenes[0] if _has_one_shape(name, [*scenes, *answers])]
    dots = np.zeros((len(answers), len(scenes)))
    own, of_scenes = np.zeros(len(answers)), np.zeros(len(scenes))
    told = False
    for name in names:
        found = _products(name, answers, scenes)
        scale = found[2].mean()
        if scale > 0:
            told = True
            for total, part in zip((dots, own, of_scenes), found, strict=True):
                total += part / scale
    if not told:
        return None
    norms = np.sqrt(np.outer(own, of_scenes))
    cosines = np.divide(dots, norms, out=np.full_like(dots, -1.0), where=norms > 0)
    return [int(one) for one in cosines.argmax(axis=1)]


def _has_one_shape(name: str, answers: Sequence[Arrays]) -> bool:
    return len({one[name].shape for one in answers}) == 1 and answers[0][name].dtype.kind in "biuf"


def _products(
    name: str, answers: Sequence[Arrays], scenes: Sequence[Arrays]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of differences from the mean over scenes: answers x scenes, and the squares of either."""
    dots = np.zeros((len(answers), len(scenes)))
    own, of_scenes = np.zeros(len(answers)), np.zeros(len(scenes))
    for begin in range(0, scenes[0][name].size, _CHUNK):
        theirs = _rows(name, scenes, begin)
        centre = theirs.mean(axis=0)
        here, there = _rows(name, answers, begin) - centre, theirs - centre
        dots += here @ there.T
        own += (here**2).sum(axis=1)
        of_scenes += (there**2).sum(axis=1)
    return dots, own, of_scenes


def _rows(name: str, answers: Sequence[Arrays], begin: int) -> NDArray[np.float64]:
    """A piece of that output of each; what is no number is 0."""
    rows = [one[name].reshape(-1)[begin : begin + _CHUNK].astype(np.float64) for one in answers]
    return np.nan_to_num(np.stack(rows), nan=0.0, posinf=0.0, neginf=0.0)
