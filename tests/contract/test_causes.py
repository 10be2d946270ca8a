"""Every cause says who could act and how, and only reads rungs that exist."""

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.diagnosis import CAUSES
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.claim import Cause
from gapprof.facts.readings import chain, order
from gapprof.records.recording import Recording
from gapprof.records.settings import Settings
from gapprof.stats.contrast import add_weights
from tests.truth.recorder import FULL, begin, record

SIX = {"threads", "simd", "runtime", "library", "contention", "gpu-abstraction"}
OWNERS = {"page", "model", "library", "browser", "hardware"}
LADDERS = (
    (Machine(), FULL),
    (Machine(latency_ms=ladder_ms({}, backend="webgpu")), Settings(backend="webgpu")),
    (Machine(latency_ms=ladder_ms({}, backend="webgl")), Settings(backend="webgl")),
)
PLANTED = ladder_ms({"native-threads": 2.0, "native-128": 2.0, "native-all-128": 2.0, "web": 1.5})


def test_the_six_causes_of_the_contract_are_there() -> None:
    """One more is one more file, and no other changes for it."""
    assert set(CAUSES) >= SIX


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_cause_has_a_title_an_owner_and_advice(cause: Cause) -> None:
    assert cause.title
    assert cause.owner in OWNERS
    assert cause.advice.endswith(".")
    assert cause.phrase


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_cause_reads_the_ladder_in_its_own_direction(cause: Cause) -> None:
    lines = [order(Case(record(machine, settings))) for machine, settings in LADDERS]
    for span in cause.spans:
        with_both = [line for line in lines if span.source in line and span.to in line]
        assert with_both
        assert all(line.index(span.source) < line.index(span.to) for line in with_both)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_claim_is_pure_and_its_weights_cancel(cause: Cause) -> None:
    recording = record(Machine(latency_ms=PLANTED, noise=0.02), side_rounds=2)
    claim = cause.claim(Case(recording))
    assert claim == cause.claim(Case(recording))
    assert sum(claim.weights.values()) == pytest.approx(0.0, abs=1e-12)
    for part in claim.parts:
        assert part.id
        assert part.title
        assert part.steps or part.why


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_cause_survives_an_empty_recording(cause: Cause) -> None:
    claim = cause.claim(Case(Recording(begin=begin())))
    assert claim.weights == {}


@pytest.mark.parametrize("settings", [FULL, Settings(), Settings(threads=4, isolation=False)])
def test_no_rung_is_claimed_twice(settings: Settings) -> None:
    """What the causes leave over along the chain is between nothing and everything, never more."""
    recording = record(Machine(latency_ms=PLANTED), settings)
    case = Case(recording)
    weights = add_weights(cause.claim(case).weights for cause in CAUSES.values())
    claimed, line = 0.0, chain(case)
    inner = {rung: weight for rung, weight in weights.items() if rung not in line}
    assert inner == {}
    for rung in line:
        claimed -= weights.get(rung, 0.0)
        assert -1e-9 <= claimed <= 1 + 1e-9


def test_every_row_that_is_null_says_why() -> None:
    report = build(record(Machine(latency_ms=PLANTED), passes=False))
    for row in report.causes:
        for one in (row, *row.children):
            assert one.factor is not None or one.why, one.id
