"""Threads that work on the same piece as the one that is timed."""

import threading
import time
from collections.abc import Callable

import pytest

from gapprof.yardstick.companions import accompanied
from tests.patience import SOON_S

COMPANIONS, PIECES = 3, 4


class Counted:
    """Pieces of every companion, and how often each was done."""

    def __init__(self) -> None:
        self.done = [[0] * PIECES for _ in range(COMPANIONS)]

    def pieces(self, companion: int) -> list[Callable[[], None]]:
        return [lambda at=at: self._do(companion, at) for at in range(PIECES)]

    def _do(self, companion: int, at: int) -> None:
        self.done[companion][at] += 1
        time.sleep(0.0005)

    def all_at(self, at: int) -> bool:
        return all(one[at] > 2 for one in self.done)


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.001)


def test_all_do_the_wanted_piece_and_no_other_while_it_is_wanted() -> None:
    counted = Counted()
    with accompanied([counted.pieces(number) for number in range(COMPANIONS)]) as companions:
        for at in (2, 0, 2):
            with companions.working(at):
                wait_for(lambda at=at: counted.all_at(at))
        after = [list(one) for one in counted.done]
        time.sleep(0.02)
        assert counted.done == after
    assert all(one[1] == one[3] == 0 for one in counted.done)


def test_none_is_left_in_the_end_whatever_happened() -> None:
    before = set(threading.enumerate())
    with pytest.raises(KeyError), accompanied([Counted().pieces(0)] * 2) as companions, companions.working(1):
        raise KeyError
    assert set(threading.enumerate()) <= before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_piece_that_fails_is_not_waited_for() -> None:
    def fails() -> None:
        raise OSError

    with (
        pytest.raises(threading.BrokenBarrierError),
        accompanied([[fails]]) as companions,
        companions.working(0),
    ):
        time.sleep(0.05)


def test_alone_nothing_is_waited_for() -> None:
    with accompanied([]) as companions, companions.working(0):
        assert threading.active_count() >= 1
