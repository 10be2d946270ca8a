"""Which cores a stretch was on: where a thread was moved meanwhile, any of them."""

import os
import threading

import pytest

from gapprof import cores_used
from gapprof.cores_used import Whereabouts, used_between, whereabouts


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores_used, "cores", lambda: (0, 2, 5, 7))


def at(place: int, moves: int | None = 0, *, tid: int = 1) -> Whereabouts:
    return Whereabouts(places={tid: place}, moves={} if moves is None else {tid: moves})


def test_a_thread_that_stays_uses_one_core() -> None:
    assert used_between(at(2, 7), at(2, 7)) == (2,)


def test_a_thread_that_was_moved_may_have_been_anywhere_even_where_it_came_back() -> None:
    assert used_between(at(2, 7), at(2, 9)) == (0, 1, 2, 3)
    assert used_between(at(2, 7), at(3, 8)) == (0, 1, 2, 3)


def test_where_nobody_counts_moves_what_was_seen_must_do() -> None:
    assert used_between(at(2, None), at(3, None)) == (2, 3)
    assert used_between(Whereabouts(places={}, moves={}), Whereabouts(places={}, moves={})) == ()


def test_threads_that_came_meanwhile_are_where_they_are() -> None:
    both = Whereabouts(places={1: 0, 2: 3}, moves={1: 4, 2: 1})
    assert used_between(at(0, 4), both) == (0, 3)


def test_a_thread_that_is_gone_says_nothing() -> None:
    assert whereabouts(os.getpid(), [2**22 + 1]) == Whereabouts(places={}, moves={})


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="nobody can move a thread here")
def test_a_thread_of_ours_that_is_moved_is_seen_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        pytest.skip("there is but one core")
    monkeypatch.setattr(cores_used, "cores", lambda: tuple(allowed))
    here = threading.get_native_id()
    try:
        os.sched_setaffinity(0, {allowed[0]})
        first = whereabouts(os.getpid(), [here])
        stayed = whereabouts(os.getpid(), [here])
        os.sched_setaffinity(0, {allowed[1]})
        os.sched_setaffinity(0, {allowed[0]})
        back = whereabouts(os.getpid(), [here])
    finally:
        os.sched_setaffinity(0, set(allowed))
    assert used_between(first, stayed) == (0,)
    if first.moves:
        assert used_between(first, back) == tuple(range(len(allowed)))
