"""Who writes and who reads in a look at how far apart cores are, and when it has looked enough."""

import os
import time
from itertools import combinations

import pytest

from gapprof import core_distance
from gapprof.core_distance import handed_us, nearest_us
from gapprof.core_speed import cores

needs_two = pytest.mark.skipif(len(cores()) < 2, reason="needs two cores that a thread may choose between")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Who read what whom wrote, of three cores; every tenth read is as fast as can be."""
    made: list[tuple[int, int]] = []

    def timed_us(writes: int, reads: int) -> float:
        made.append((writes, reads))
        return 6.0 if len(made) % 10 == 0 else 12.0

    monkeypatch.setattr(core_distance, "cores", lambda: (0, 2, 5))
    monkeypatch.setattr(core_distance, "_timed_us", timed_us)
    return made


def test_each_pair_is_looked_at_until_that_is_enough(reads: list[tuple[int, int]]) -> None:
    assert handed_us((9.0, 20.0, 9.0)) == (6.0, 12.0, 6.0)
    assert reads == [(0, 2)] * 10 + [(0, 5)] * 3 + [(2, 5)] * 7


def test_who_has_nothing_to_compare_with_takes_its_time(
    reads: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0

    def clock() -> float:
        nonlocal now_s
        now_s += 0.001
        return now_s

    monkeypatch.setattr(time, "monotonic", clock)
    handed_us()
    each = [reads.count(pair) for pair in ((0, 2), (0, 5), (2, 5))]
    assert each == [7, 7, 7], "three, and one a ms in five of them"


def test_the_nearest_of_as_many_looks_as_fit_is_known(reads: list[tuple[int, int]]) -> None:
    assert nearest_us(0.05) == (6.0, 6.0, 6.0)


def test_a_core_that_is_gone_leaves_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_writes: int, _reads: int) -> float:
        raise OSError

    monkeypatch.setattr(core_distance, "cores", lambda: (0, 1))
    monkeypatch.setattr(core_distance, "_timed_us", gone)
    assert handed_us() == ()
    assert nearest_us(0.01) == ()


@needs_two
def test_whoever_looked_is_anywhere_again_and_has_a_time_for_each_pair() -> None:
    before = os.sched_getaffinity(0)
    found = handed_us()
    assert len(found) == len(list(combinations(cores(), 2)))
    assert all(us > 0 for us in found)
    assert os.sched_getaffinity(0) == before


@needs_two
def test_the_one_core_writes_and_the_other_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    on: list[set[int]] = []
    first, second, *_ = cores()
    monkeypatch.setattr(os, "sched_setaffinity", lambda _pid, allowed: on.append(set(allowed)))
    core_distance._timed_us(first, second)
    assert on == [{first}, {second}]
    assert core_distance._buffers().read == core_distance._buffers().written
