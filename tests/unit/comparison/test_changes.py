"""What became of a part is told where what it is part of moved, or where it moved by far."""

import math

import pytest

from gapprof.comparison.changes import changes, movable
from gapprof.comparison.pairs import Pair
from gapprof.records.estimate import Estimate

LEVEL, PARTS = 0.99, 10


def estimate(point: float, *, half: float) -> Estimate:
    """`half`: of its interval, in ln."""
    return Estimate(
        point=point, low=point * math.exp(-half), high=point * math.exp(half), level=0.95, rounds=6
    )


def pair(name: str, after: float, *, half: float, children: tuple[Pair, ...] = ()) -> Pair:
    return Pair(
        id=name,
        title=name,
        before=estimate(1.0, half=half),
        after=estimate(after, half=half),
        children=children,
    )


@pytest.mark.parametrize(
    ("cause", "part", "said"),
    [
        (1.0, 1.08, ("no-change", "unclear")),
        (1.5, 1.08, ("grew", "grew")),
        (0.7, 1.08, ("shrank", "grew")),
        (1.0, 1.4, ("no-change", "grew")),
        (1.5, 1.01, ("grew", "no-change")),
    ],
)
def test_a_part_waits_for_what_it_is_part_of(cause: float, part: float, said: tuple[str, str]) -> None:
    whole = pair("library", cause, half=0.1, children=(pair("graph", part, half=0.03),))
    (change,) = changes((whole,), LEVEL, PARTS)
    assert (change.verdict, change.children[0].verdict) == said


def test_what_would_have_been_called_a_change_is_told_of_the_level_that_counts() -> None:
    parts = (pair("graph", 1.0, half=0.03),)
    still, moved = (
        changes((pair("library", after, half=0.1, children=parts),), LEVEL, PARTS)[0].children[0].resolves
        for after in (1.0, 1.5)
    )
    assert still is not None
    assert moved is not None
    assert still > moved


def test_a_step_between_two_names_of_one_environment_cannot_move() -> None:
    assert movable((pair("graph", 1.1, half=0.03), pair("page", 1.0, half=0.0))) == 1
