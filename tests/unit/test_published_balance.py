"""Published visits close, and traced ones would not without any one of their terms."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.closing import CLOSES, visited
from gapprof.measure.passes import TRACE_PASSES
from gapprof.recordings import read_run
from gapprof.records.recording import Recording
from gapprof.records.trial import ThreadBalance, Trace
from tests.scripts import script

BALANCE = script("reports/balance.py")
WHOLE = sorted(BALANCE.HERE.glob("*.jsonl"))
TRACED = sorted(BALANCE.TRACED.glob("*.jsonl"))
TERMS = ("cpu_ms", "run_queue_ms", "blocked_ms")


def closes(recording: Recording, trace: Trace) -> bool:
    """Whether that traced visit alone does, as the product says."""
    (one,) = visited(Case(replace(recording, entries=(trace,))))
    assert one.closures
    return one.closes


def without(trace: Trace, place: int, term: str) -> Trace:
    """With one thread's term dropped."""
    balances = list(trace.balances)
    balances[place] = replace(balances[place], **{term: 0.0})
    return replace(trace, balances=tuple(balances))


def shown(trace: Trace, one: ThreadBalance, term: str) -> bool:
    """Whether it is more of the wall time than may be lacking: what a hypervisor took, and what this thread's
    terms have too much, make up for some of it."""
    over_ms = one.cpu_ms + one.run_queue_ms + one.blocked_ms - one.wall_ms
    spare_ms = CLOSES * one.wall_ms + (trace.load.stolen_ms or 0.0) + max(0.0, over_ms)
    return float(getattr(one, term)) > spare_ms


def told(recording: Recording) -> Iterator[Trace]:
    """Its traced visits in which threads were looked at."""
    return (trace for trace in recording.of(Trace) if trace.balances)


@pytest.mark.parametrize("path", TRACED, ids=lambda path: path.stem)
def test_no_traced_visit_closes_without_a_term_that_is_more_than_may_be_lacking(path: Path) -> None:
    recording = read_run(path)
    dropped = {
        (trace.round, place, term): closes(recording, without(trace, place, term))
        for trace in told(recording)
        for place, one in enumerate(trace.balances)
        for term in TERMS
        if shown(trace, one, term)
    }
    assert {term for _, _, term in dropped} >= {"cpu_ms", "blocked_ms"}
    assert [which for which, still in dropped.items() if still] == []
    assert all(closes(recording, trace) for trace in told(recording))


@pytest.mark.parametrize("model", BALANCE.MODELS)
def test_of_every_model_there_is_a_visit_that_every_term_shows_in(model: str) -> None:
    paths = [BALANCE.recording_of(*place) for place in BALANCE.places((model,))]
    found = [
        trace.round
        for path in paths
        for trace in told(read_run(path))
        if all(shown(trace, one, term) for one in trace.balances for term in TERMS)
    ]
    assert found != []


@pytest.mark.parametrize("recording", WHOLE, ids=lambda path: path.stem)
def test_every_visit_of_a_browser_can_be_told_of_and_closes(recording: Path) -> None:
    """Waiting for a core, blocked and at work: within 2 % of the time that passed, in each of them."""
    told = [one for one in visited(Case(read_run(recording))) if one.told]
    assert len(told) >= 20
    assert [one for one in told if not one.closures] == []
    assert [one.closures for one in told if not one.closes] == []
    assert any(one.traced for one in told)


def test_blocked_time_was_measured_for_every_model_wherever_it_runs() -> None:
    wanted = {BALANCE.recording_of(*place).name for place in BALANCE.places()}
    assert len(WHOLE) * 4 == len(wanted)
    assert {path.name for path in TRACED} == wanted


@pytest.mark.parametrize("recording", TRACED, ids=lambda path: path.stem)
def test_blocked_time_that_was_measured_by_itself_closes(recording: Path) -> None:
    """Every term by a source of its own: a lack of any shows, whoever the thread waited for."""
    found = [one for one in BALANCE.visits_in(recording) if one.traced]
    assert len(found) == TRACE_PASSES
    assert [one for one in found if not one.closures] == [], "each of them can be told of"
    assert {closure.terms for one in found for closure in one.closures} == {"states"}
    assert [one.closures for one in found if not one.closes] == []


def test_the_table_of_balances_is_of_its_recordings() -> None:
    assert len(WHOLE) >= 3
    page = (BALANCE.HERE / "README.md").read_text(encoding="utf-8")
    assert page == "\n".join(BALANCE.table()) + "\n"
