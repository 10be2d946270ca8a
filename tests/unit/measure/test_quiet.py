"""Visits that are repeated while other programs are at work."""

import time

import pytest

from gapprof.facts.disturbance import TICK_MS
from gapprof.measure.quiet import from_now, struck_by, until_quiet
from gapprof.measure.visits import ATTEMPTS, Patience
from gapprof.records.trial import Load

QUIET = Load(wall_ms=1000.0, machine_busy_ms=1000.0, own_cpu_ms=1000.0)
BUSY = Load(wall_ms=1000.0, machine_busy_ms=1900.0, own_cpu_ms=1000.0)


@pytest.mark.parametrize(
    ("loads", "left_s", "visits"),
    [
        ((QUIET,), 10.0, 1),
        ((BUSY, QUIET), 10.0, 2),
        ((BUSY,) * ATTEMPTS, 10.0, ATTEMPTS),
        ((BUSY,), 0.0, 1),
    ],
)
def test_a_visit_is_made_again_until_it_is_quiet_within_the_means(
    loads: tuple[Load, ...], left_s: float, visits: int
) -> None:
    kept: list[tuple[Load, tuple[str, ...]]] = []
    last = until_quiet(
        lambda attempt: loads[attempt],
        lambda load: (load,),
        patience=Patience(left_s),
        keep=lambda load, again: kept.append((load, struck_by(load, again))),
    )
    assert [load for load, _ in kept] == list(loads[:visits])
    assert last is loads[visits - 1]
    assert all(struck for _, struck in kept[:-1])
    assert kept[-1][1] == (), "the last one counts, whatever its load"


def test_of_a_visit_that_is_made_again_only_what_was_disturbed_does_not_count() -> None:
    assert struck_by(QUIET, True) == ()
    assert "outside load" in struck_by(BUSY, True)[0]
    assert struck_by(BUSY, False) == ()
    assert struck_by(None, True) == ()


def test_time_spent_on_visits_that_do_not_count_is_time_of_patience() -> None:
    patience = Patience(10.0)
    until_quiet(
        lambda attempt: (BUSY, QUIET)[attempt], lambda load: (load,), patience=patience, keep=lambda *_: None
    )
    assert patience.left_s < 10.0


def test_a_load_holds_this_process_own_time() -> None:
    since, began_s = from_now(), time.process_time()
    sum(number * number for number in range(3_000_000))
    spent_ms = (time.process_time() - began_s) * 1e3
    load = since.load()
    assert load.wall_ms >= spent_ms
    assert load.own_cpu_ms == pytest.approx(spent_ms, abs=4 * TICK_MS)
