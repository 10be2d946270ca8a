import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.explain.warnings import warnings
from gapprof.facts.case import Case
from gapprof.records.trial import Profile
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
