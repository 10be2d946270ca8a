"""What a visit does about cores that are slow, or far apart."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from gapprof import fast_cores
from gapprof.fast_cores import FastCores
from gapprof.records.trial import CoreWork
from tests.unit.planted_cores import FAST, SLOW, Clock, planted_clock, planted_looks, speed


def found(watched: FastCores) -> CoreWork:
    work = watched.found()
    assert work is not None
    return work


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return planted_clock(monkeypatch)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    return planted_looks(monkeypatch)


def test_who_has_nothing_to_compare_with_never_looks() -> None:
    for wanted in (None, speed()):
        watched = FastCores(wanted)
        assert watched.ready_anywhere(0)
        assert watched.ready_on(())
        assert watched.over((), 1.0)
        assert watched.found() is None


def test_fast_cores_are_not_waited_for(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, SLOW))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert found(watched).used == (0,)
    assert found(watched).discarded_ms == ()
    assert found(watched).waited_ms == 0.0, "a look takes its time as well, and is no waiting"


def test_only_the_cores_that_are_used_have_to_be_fast(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, SLOW))
    watched = FastCores(speed(FAST, FAST))
    assert not watched.ready_on((1,))
    assert not watched.ready_on(()), "nobody knows which: all have to be"
    assert watched.ready_anywhere(1), "one thread takes the one that is"
    assert watched.over((), 1.0)
    assert found(watched).used == (0,)


def test_a_core_that_was_slow_before_the_model_was_moved_to_it_is_a_slow_one(
    looks: list[tuple[float, ...]],
) -> None:
    looks += [(FAST, SLOW), (FAST, FAST), (FAST, FAST)]
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_on((0,))
    assert not watched.over((0, 1), 5.5)
    assert watched.ready_on((1,))
    assert watched.over((0, 1), 4.0)
    assert found(watched).discarded_ms == (5.5,)


def test_a_thread_stays_on_its_own_core_where_that_is_fast(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, FAST * 1.2))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(1)
    assert watched.over((), 1.0)
    assert found(watched).used == (1,)


def test_slow_cores_are_waited_for_as_long_as_that_may_take(
    looks: list[tuple[float, ...]], clock: Clock
) -> None:
    looks.append((SLOW,))
    watched = FastCores(speed(FAST, longest_wait_ms=60_000.0))
    assert not watched.ready_on((0,))
    assert not watched.over((0,), 1.0), "there is time for another"
    clock.waits(59.999)
    assert not watched.ready_on((0,))
    clock.waits(0.001)
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0), "there is no time for another"
    assert found(watched).waited_ms == pytest.approx(60_000.0)
    assert found(watched).discarded_ms == (1.0,)


def test_of_what_is_forgotten_the_wait_alone_is_told(looks: list[tuple[float, ...]], clock: Clock) -> None:
    looks += [(SLOW,), (FAST * 1.2,), (FAST,), (FAST,)]
    watched = FastCores(speed(FAST))
    assert not watched.ready_on((0,))
    clock.waits(0.01)
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    watched.forget()
    assert watched.found() is None
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert (found(watched).before_us, found(watched).after_us) == ((FAST,), (FAST,))
    assert found(watched).waited_ms == pytest.approx(10.0)


def test_who_waits_says_for_how_long_already(looks: list[tuple[float, ...]], clock: Clock) -> None:
    looks += [(SLOW,), (SLOW,), (FAST,), (FAST,)]
    told: list[float] = []
    watched = FastCores(speed(FAST), told.append)
    for waits_s in (0.01, 0.02):
        assert not watched.ready_on((0,))
        clock.waits(waits_s)
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert told == pytest.approx([0.0, 10.0])
    assert found(watched).waited_ms == pytest.approx(30.0)


def test_who_times_anew_says_what_went_until_then(looks: list[tuple[float, ...]], clock: Clock) -> None:
    looks += [(FAST,), (SLOW,), (FAST,), (FAST,)]
    told: list[float] = []
    watched = FastCores(speed(FAST), told.append)
    assert watched.ready_on((0,))
    clock.waits(0.01)
    assert not watched.over((0,), 10.0)
    clock.waits(0.005)
    assert watched.ready_on((0,))
    assert watched.over((0,), 10.0)
    assert told == pytest.approx([10.0])
    assert found(watched).waited_ms == pytest.approx(15.0)


def test_cores_that_are_gone_are_not_waited_for(looks: list[tuple[float, ...]]) -> None:
    looks.append(())
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(1)
    assert watched.ready_on((1,))
    assert watched.over((1,), 1.0)
    assert watched.found() is None


def test_what_was_timed_on_a_core_that_became_slow_is_timed_anew_on_another(
    looks: list[tuple[float, ...]],
) -> None:
    looks += [(FAST, SLOW), (SLOW, FAST), (SLOW, FAST)]
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(0)
    assert not watched.over((0,), 7.5)
    assert watched.ready_anywhere(0)
    assert watched.over((1,), 5.0), "the core of the stretch that was discarded is not this one's"
    assert found(watched).used == (1,)
    assert found(watched).discarded_ms == (7.5,)


def test_cores_that_are_others_than_before_tell_nothing(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, FAST, FAST))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert watched.found() is None


def test_of_several_stretches_what_counts_is_no_waiting(looks: list[tuple[float, ...]], clock: Clock) -> None:
    looks += [(FAST,), (FAST,), (SLOW,), (FAST,), (FAST,)]
    watched = FastCores(speed(FAST))
    assert watched.ready_on((0,))
    clock.waits(0.1)
    assert watched.over((0,), 100.0)
    assert not watched.ready_on((0,))
    clock.waits(0.01)
    assert watched.ready_on((0,))
    clock.waits(0.0001)
    assert watched.over((0,), 0.1)
    assert found(watched).waited_ms == pytest.approx(10.0)


def test_a_look_at_fast_cores_is_no_waiting(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    def look(_enough_us: Sequence[float] = (), **_: object) -> tuple[float, ...]:
        clock.waits(0.005)
        return (FAST,)

    monkeypatch.setattr(fast_cores, "work_us", look)
    watched = FastCores(speed(FAST))
    for _ in range(2):
        assert watched.ready_on((0,))
        assert watched.over((0,), 1.0)
    assert found(watched).waited_ms == 0.0


def test_of_several_stretches_a_core_is_as_slow_as_beside_the_worst_that_was_on_it(
    looks: list[tuple[float, ...]],
) -> None:
    """The second is on the other core, for the first one is slow by then; a third is on it again, slower than
    the first and fast enough."""
    looks += [(FAST, SLOW), (FAST, SLOW), (SLOW, 110.0), (SLOW, FAST), (120.0, SLOW), (130.0, SLOW)]
    watched = FastCores(speed(FAST, FAST))
    for at in (0, 0, 1):
        assert watched.ready_anywhere(at)
        assert watched.over((), 1.0)
    work = found(watched)
    assert work.used == (0, 1)
    assert work.before_us == (120.0, 110.0)
    assert work.after_us == (130.0, FAST)


def test_stretches_on_all_cores_say_so(looks: list[tuple[float, ...]]) -> None:
    looks += [(FAST, FAST), (FAST, FAST), (FAST, 110.0), (FAST, FAST)]
    watched = FastCores(speed(FAST, FAST))
    for used in ((0,), ()):
        assert watched.ready_on(used)
        assert watched.over(used, 1.0)
    assert found(watched).used == ()
    assert found(watched).before_us == (FAST, 110.0)


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """How long reads of what another core wrote take, look by look, while three cores are fast."""
    looks.append((FAST, FAST, FAST))
    planned: list[tuple[float, ...]] = []
    monkeypatch.setattr(fast_cores, "handed_us", lambda _: planned.pop(0) if len(planned) > 1 else planned[0])
    return planned


NEAR = replace(speed(FAST, FAST, FAST), nearest_us=(6.0, 6.0, 6.0))
"""Of the cores 0 and 1, 0 and 2, 1 and 2."""


def test_cores_that_are_far_apart_are_waited_for(handed: list[tuple[float, ...]]) -> None:
    handed += [(6.0, 12.0, 6.0), (6.0, 8.0, 6.0), (7.0, 6.0, 6.0)]
    watched = FastCores(NEAR)
    assert not watched.ready_on(())
    assert watched.ready_on(())
    assert watched.over((), 1.0)
    assert found(watched).nearest_us == (6.0, 6.0, 6.0)
    assert found(watched).handed_before_us == (6.0, 8.0, 6.0)
    assert found(watched).handed_after_us == (7.0, 6.0, 6.0)


def test_what_was_timed_on_cores_that_went_apart_is_timed_anew(handed: list[tuple[float, ...]]) -> None:
    handed += [(6.0, 6.0, 6.0), (12.0, 6.0, 6.0), (6.0, 6.0, 6.0)]
    watched = FastCores(NEAR)
    assert watched.ready_on((0, 1))
    assert not watched.over((0, 1), 7.5)
    assert watched.ready_on((0, 1))
    assert watched.over((0, 1), 4.0)
    assert found(watched).discarded_ms == (7.5,)


def test_how_far_a_core_is_from_one_that_is_not_used_is_nobody_s_business(
    handed: list[tuple[float, ...]],
) -> None:
    handed.append((6.0, 12.0, 12.0))
    assert FastCores(NEAR).ready_on((0, 1))
    assert not FastCores(NEAR).ready_on((0, 2))


def test_who_uses_a_single_core_never_looks_how_far_others_are(handed: list[tuple[float, ...]]) -> None:
    handed.append((12.0, 12.0, 12.0))
    watched = FastCores(NEAR)
    assert watched.ready_on((1,))
    assert watched.over((1,), 1.0)
    assert watched.ready_anywhere(1)
    assert watched.over((), 1.0)
    assert found(watched).nearest_us == ()


def test_of_several_stretches_the_farthest_look_is_told(handed: list[tuple[float, ...]]) -> None:
    handed += [(6.0, 6.0, 7.0), (6.0, 6.0, 6.0), (6.0, 8.0, 6.0), (6.5, 6.0, 6.0)]
    watched = FastCores(NEAR)
    for _ in range(2):
        assert watched.ready_on(())
        assert watched.over((), 1.0)
    assert found(watched).handed_before_us == (6.0, 8.0, 7.0)
    assert found(watched).handed_after_us == (6.5, 6.0, 6.0)
