import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.explain.warnings import warnings
from gapprof.facts.case import Case
from gapprof.records.trial import CoreWork, Load, Profile, Trial
from tests.truth.recorder import record


@pytest.mark.parametrize(("slower", "told"), [(1.0, False), (1.05, False), (1.6, True)])
def test_profiled_passes_of_another_pace_than_the_timed_runs_are_told(slower: float, told: bool) -> None:
    recording = record(Machine(), rounds=4)
    entries = tuple(
        replace(entry, unprofiled_ms=tuple(slower * ms for ms in entry.unprofiled_ms))
        if isinstance(entry, Profile) and entry.rung == "web-worker"
        else entry
        for entry in recording.entries
    )
    said = [text for text in warnings(Case(replace(recording, entries=entries))) if "another moment" in text]
    assert bool(said) == told
    assert all("160 % in the browser" in text for text in said)


def advised(load: Load, *, struck: tuple[str, ...] = ()) -> bool:
    """Whether a report on trials with that load says what would help."""
    recording = record(Machine(), rounds=4)
    entries = tuple(
        replace(entry, load=load, struck=(*entry.struck, *struck)) if isinstance(entry, Trial) else entry
        for entry in recording.entries
    )
    said = [text for text in warnings(Case(replace(recording, entries=entries))) if "--budget" in text]
    assert all("run it again on a quieter machine" in text for text in said)
    assert all("a clock that neither heat nor saving power throttles" in text for text in said)
    return bool(said)


def test_what_helps_against_slow_cores_and_other_programs_is_said_once_and_only_then() -> None:
    quiet = Load(wall_ms=1000.0, machine_busy_ms=1010.0, own_cpu_ms=1000.0)
    slow = CoreWork(fastest_us=(200.0,), before_us=(205.0,), after_us=(370.0,), used=(), waited_ms=0.0)
    fast = replace(slow, after_us=(205.0,))
    assert not advised(quiet)
    assert not advised(replace(quiet, core_work=fast))
    assert not advised(replace(quiet, machine_busy_ms=None)), "nobody knows"
    assert advised(replace(quiet, core_work=slow))
    assert advised(replace(quiet, machine_busy_ms=1900.0))
    assert not advised(replace(quiet, machine_busy_ms=1900.0), struck=("outside load",))
