"""A latency that somebody saw is found again under the conditions that were planted, and under no others."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.observed import reproduction_sentences
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.conditions import conditions
from gapprof.records.recording import Recording
from gapprof.records.sections.observed import Reproduction
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import record

FACTORS = {"web-threads": 0.5, "web-main": 1.25, "web-busy": 1.6, "web-baseline": 3.0, "web-worker": 4.0}
COLD = 2.2
PLAIN = Settings(threads=1)
BUSY, DEVTOOLS = "a busy page", "DevTools open (wasm in the baseline tier)"


def recording(observed_ms: float | None, *, noise: float = 0.005) -> Recording:
    """A model on the main thread of a quiet page; first runs take more by a factor."""
    machine = Machine(latency_ms=ladder_ms(FACTORS), noise=noise)
    found = record(machine, replace(PLAIN, observed_ms=observed_ms), side_rounds=4, page_threads=1)
    entries = tuple(
        replace(one, warmup_ms=(COLD * machine.latency_ms[one.rung], *one.warmup_ms[1:]))
        if isinstance(one, Trial)
        else one
        for one in found.entries
    )
    return replace(found, entries=entries)


DEPLOYED_MS = ladder_ms(FACTORS)["web"]


def reproduced(observed_ms: float) -> Reproduction:
    found = build(recording(observed_ms)).reproduction
    assert found is not None
    return found


def said(found: Reproduction) -> str:
    first, *_ = reproduction_sentences(found)
    return first


def holding(observed_ms: float) -> list[tuple[str, ...]]:
    return [one.conditions for one in reproduced(observed_ms).rows if one.verdict == "holds"]


def test_conditions_are_the_rungs_contrasts_and_the_first_run() -> None:
    found = {one.id: math.exp(one.times.mean) for one in Case(recording(None)).get(conditions)}
    assert found["cold"] == pytest.approx(COLD, rel=0.02)
    assert found["worker"] == pytest.approx(1 / 1.25, rel=0.02)
    assert found["load"] == pytest.approx(1.6, rel=0.02)
    assert found["devtools"] == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize(
    ("times", "conditions"),
    [(1.0, ()), (1.6, (BUSY,)), (3.0, (DEVTOOLS,)), (COLD, ("the first run",)), (1 / 1.25, ("in a worker",))],
)
def test_one_condition_alone_is_found(times: float, conditions: tuple[str, ...]) -> None:
    assert holding(DEPLOYED_MS * times) == [conditions]
    assert said(reproduced(DEPLOYED_MS * times)).endswith(
        f"comes about: {' + '.join(conditions) or 'as deployed, warm'}."
    )


def test_several_at_once_are_found_where_none_alone_does_it() -> None:
    found = holding(DEPLOYED_MS * 1.6 * 3.0)
    assert (BUSY, DEVTOOLS) in found
    text = said(reproduced(DEPLOYED_MS * 1.6 * 3.0))
    assert f"{BUSY} + {DEVTOOLS}" in text
    assert "multiplied, not measured together" in text


def test_what_nothing_gives_is_said_with_the_nearest_of_all_combinations() -> None:
    """2.2 times 1.6 times 3, slowest of all, is 10.6."""
    assert holding(DEPLOYED_MS * 40) == []
    text = said(reproduced(DEPLOYED_MS * 40))
    assert text.startswith("No condition that was measured here gives")
    assert f"nearest is the first run + {BUSY} + {DEVTOOLS}" in text


def test_an_interval_that_holds_nearly_everything_reproduces_nothing() -> None:
    recorded = recording(DEPLOYED_MS * 1.3, noise=0.6)
    found = build(recorded).reproduction
    assert found is not None
    wide = [one for one in found.rows if one.ms.high > 1.5 * one.ms.low]
    assert wide
    assert all(one.verdict != "holds" or abs(one.times - 1) <= 0.05 for one in wide)
    unclear = replace(found, rows=tuple(replace(one, verdict="unclear") for one in found.rows[:1]))
    assert said(unclear).endswith("The intervals are too wide to tell; measure longer.")


def test_conditions_that_were_not_measured_are_named() -> None:
    found = reproduced(DEPLOYED_MS)
    assert found.not_measured == ("without cross-origin isolation",)
    _, last = reproduction_sentences(found)
    assert last == "Not measured here: without cross-origin isolation."


def test_without_a_latency_that_was_seen_nothing_is_said() -> None:
    assert build(recording(None)).reproduction is None
