"""Events are told to makers as the best fits agree; every answer is held against all fits there are."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from gapprof.stats.alignment import MOST_CELLS, Fit, Maker, aligned

TURN, SUM, JOIN, ODD = range(4)
TURNER = Maker(fits=("main", "none", "none", "none"), once=True)
ADDER = Maker(fits=("before", "main", "none", "none"), once=True)
JOINER = Maker(fits=("beside", "none", "main", "none"), once=False)
RENAMER = Maker(fits=("none", "none", "none", "none"), once=True, silent=True)
KINDS = (TURNER, ADDER, JOINER, RENAMER)
T, A, J, R = range(4)


def test_one_event_of_each_maker_is_told_in_order() -> None:
    assert aligned([SUM, TURN, SUM], [A, T, A], KINDS) == [(0,), (1,), (2,)]


def test_a_part_goes_to_the_maker_that_comes_after_it() -> None:
    assert aligned([SUM, TURN, SUM], [A, A], KINDS) == [(0,), (1,), (1,)]


def test_an_event_is_rather_told_to_a_maker_of_its_own() -> None:
    assert aligned([TURN, SUM], [T, A], KINDS) == [(0,), (1,)]
    assert aligned([TURN, TURN, SUM], [T, A], KINDS) == [(0,), (1,), (1,)]


def test_what_nobody_makes_is_told_to_nobody() -> None:
    assert aligned([SUM, ODD, SUM], [A, A], KINDS) == [(0,), (), (1,)]
    assert aligned([ODD], [], KINDS) == [()]
    assert aligned([], [A], KINDS) == []


def test_makers_that_can_both_have_made_it_share_it() -> None:
    assert aligned([SUM], [A, A], KINDS) == [(0, 1)]
    assert aligned([JOIN, JOIN, JOIN], [J, J], KINDS) == [(0,), (0, 1), (1,)]


def test_an_order_that_cannot_be_is_told_to_nobody() -> None:
    assert aligned([SUM, TURN], [T, A], KINDS) == [(), ()]


def test_a_maker_without_an_event_costs_nothing_where_that_is_its_way() -> None:
    assert aligned([SUM, SUM], [A, R, R, A], KINDS) == [(0,), (3,)]


def test_what_is_made_once_is_not_told_twice() -> None:
    assert aligned([SUM, SUM], [A], KINDS) == [(), ()]
    assert aligned([JOIN, JOIN], [J], KINDS) == [(0,), (0,)]


def test_more_than_can_be_held_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        aligned([SUM] * (MOST_CELLS // 1000), [A] * 1001, KINDS)


@pytest.mark.parametrize("seed", range(120))
def test_the_answer_is_what_all_best_fits_have_in_common(seed: int) -> None:
    random = np.random.default_rng(seed)
    fits: tuple[Fit, ...] = ("none", "before", "beside", "main")
    kinds = [
        Maker(
            fits=tuple(fits[random.integers(4)] for _ in range(3)),
            once=bool(random.integers(2)),
            silent=bool(random.integers(2)),
        )
        for _ in range(3)
    ]
    events = [int(random.integers(3)) for _ in range(random.integers(1, 6))]
    makers = [int(random.integers(3)) for _ in range(random.integers(1, 5))]
    assert aligned(events, makers, kinds) == _common(events, makers, kinds)


def _common(events: Sequence[int], makers: Sequence[int], kinds: Sequence[Maker]) -> list[tuple[int, ...]]:
    """By looking at every fit."""
    found: dict[int, list[tuple[int | None, ...]]] = {}
    for told in itertools.product((None, *range(len(makers))), repeat=len(events)):
        worth = _worth(told, events, makers, kinds)
        if worth is not None:
            found.setdefault(worth, []).append(told)
    best = found[max(found)]
    return [
        () if any(told[at] is None for told in best) else tuple(sorted({_place(told[at]) for told in best}))
        for at in range(len(events))
    ]


def _place(told: int | None) -> int:
    assert told is not None
    return told


def _worth(
    told: tuple[int | None, ...], events: Sequence[int], makers: Sequence[int], kinds: Sequence[Maker]
) -> int | None:
    """None: it cannot be."""
    places = [place for place in told if place is not None]
    if places != sorted(places):
        return None
    worth = 0
    for place, kind in enumerate(makers):
        maker = kinds[kind]
        parts = list(_parts(told, events, place, maker))
        owns = parts.count("main")
        if "none" in parts or (maker.once and owns > 1):
            return None
        if maker.once and owns and "before" in parts[parts.index("main") :]:
            return None
        worth += 4 * owns + len(parts) - owns
        worth -= 0 if owns or maker.silent else 1
    return worth


def _parts(told: tuple[int | None, ...], events: Sequence[int], place: int, maker: Maker) -> Iterator[Fit]:
    for at, event in enumerate(events):
        if told[at] == place:
            yield maker.fits[event]
