"""Looking for the best schedule of every shape, in the user's own browser or as native code."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from gapprof.kernels.family import Tile
from gapprof.yardstick.machines import machine_of
from gapprof.yardstick.shapes import family_of, shape_of
from gapprof.yardstick.web_side import Candidate
from gapprof.yardstick.wish import Wanted

Tuned = Mapping[str, Mapping[str, Tile]]
"""Target → shape → its best schedule."""


def batches(shapes: Sequence[str], known: Tuned, targets: Sequence[str]) -> list[list[Candidate]]:
    """Per shape all candidates that a database does not settle, to be timed against each other.

    None where there is only one: it needs no time to win.
    """
    found = []
    for shape in shapes:
        batch = [
            Candidate(target=target, wanted=Wanted(shape=shape, tile=tile))
            for target in targets
            if shape not in known.get(target, {})
            for tile in _rivals(shape, target)
        ]
        if batch:
            found.append(batch)
    return found


def best(batch: Sequence[Candidate], samples_us: Sequence[Sequence[float]]) -> Iterator[Candidate]:
    """The fastest candidate of each target."""
    by_target: dict[str, tuple[float, Candidate]] = {}
    for one, samples in zip(batch, samples_us, strict=True):
        took = median(samples)
        if one.target not in by_target or took < by_target[one.target][0]:
            by_target[one.target] = took, one
    return (one for _, one in by_target.values())


def likely(shape: str, target: str, tuned: Mapping[str, Tile]) -> Tile:
    """For a shape that was not tuned: of its schedules the one that most shapes of its kind do best with."""
    decoded, tiles = shape_of(shape), _tiles(shape, target)
    kind = type(decoded)
    votes = Counter(tile for other, tile in tuned.items() if isinstance(shape_of(other), kind))
    return max(enumerate(tiles), key=lambda one: (votes[one[1]], one[0]))[1]


def single(shape: str, target: str) -> Tile | None:
    """The schedule of a shape that has no other one on a target."""
    tiles = _tiles(shape, target)
    return tiles[0] if len(tiles) == 1 else None


def _rivals(shape: str, target: str) -> tuple[Tile, ...]:
    tiles = _tiles(shape, target)
    return tiles if len(tiles) > 1 else ()


def _tiles(shape: str, target: str) -> tuple[Tile, ...]:
    decoded = shape_of(shape)
    return family_of(decoded).tiles(decoded, machine_of(target))
