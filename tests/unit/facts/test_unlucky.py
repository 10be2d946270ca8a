"""Code that is slow from one depth of the stack is told apart from a page that makes requests wait."""

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.explain.warnings import warnings
from gapprof.facts.case import Case
from gapprof.facts.unlucky import stack_luck
from gapprof.records.recording import Recording
from gapprof.records.trial import Trial
from tests.truth.recorder import record


def with_requests(*requests_ms: float) -> Recording:
    """Round 0 of `web` had these requests, in three ways in turn."""
    recording = record(Machine(), rounds=3)
    return replace(
        recording,
        entries=tuple(
            replace(entry, requests_ms=requests_ms, ways=3)
            if isinstance(entry, Trial) and (entry.rung, entry.round) == ("web", 0)
            else entry
            for entry in recording.entries
        ),
    )


def test_a_way_that_is_slow_throughout_is_said_with_its_factor() -> None:
    case = Case(with_requests(*(10.0, 30.0, 10.5) * 7))
    luck = stack_luck(case)
    assert luck is not None
    assert (luck.unlucky, luck.trials) == (1, 1)
    assert 2.8 < luck.worst < 3.0
    assert any("in 1 of 1 browser launches" in text for text in warnings(case))


def test_requests_that_wait_now_and_then_are_not_bad_luck() -> None:
    assert stack_luck(Case(with_requests(*(10.0, 30.0, 10.5, 31.0, 10.0, 12.0) * 4))) is None
    assert stack_luck(Case(record(Machine(noise=0.1)))) is None
