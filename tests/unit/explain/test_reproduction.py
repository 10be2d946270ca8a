"""A latency that somebody saw is found again under the conditions that were planted, and under no others."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.observed import reproduction_sentences
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.conditions import conditions
from gapprof.records.lattice import Cell, Combination
from gapprof.records.recording import Preflight, Recording
from gapprof.records.sections.observed import Reproduction
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import REPRODUCING, SIDE, VERIFYING, record

FACTORS = {
    "web-threads": 0.5,
    "web-unisolated": 1.08,
    "web-main": 1.25,
    "web-busy": 1.6,
    "web-debugged": 3.0,
    "web-worker": 4.0,
}
ALL = SIDE + VERIFYING + REPRODUCING
COLD = 2.2
CREATE_MS = Machine(latency_ms={}).start_up_ms["web"]["create"]
PLAIN = Settings(threads=1)
BUSY, DEVTOOLS = "a busy page", "DevTools open (its debugger is on)"
CREATION = "the first run, with session creation"


def recording(observed_ms: float | None, *, noise: float = 0.005, asked: Settings = PLAIN) -> Recording:
    """A model on the main thread of a quiet page; first runs take more by a factor."""
    machine = Machine(latency_ms=ladder_ms(FACTORS), noise=noise)
    settings = replace(asked, observed_ms=observed_ms)
    found = record(machine, settings, side_rounds=4, side=ALL, page_threads=1)
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
    assert found["creation"] == pytest.approx(COLD + CREATE_MS / DEPLOYED_MS, rel=0.02)
    assert found["worker"] == pytest.approx(1 / 1.25, rel=0.02)
    assert found["load"] == pytest.approx(1.6, rel=0.02)
    assert found["devtools"] == pytest.approx(3.0, rel=0.02)
    assert found["unisolated"] == pytest.approx(1.08, rel=0.02)
    assert found["threads"] == pytest.approx(0.5, rel=0.02)
    assert "main" not in found


def test_a_page_with_a_worker_is_held_against_its_main_thread() -> None:
    found = {
        one.id: one for one in Case(recording(None, asked=replace(PLAIN, where="worker"))).get(conditions)
    }
    assert "worker" not in found
    assert found["main"].title == "on the main thread"
    assert found["main"].excludes == {"worker"}


def test_what_the_page_has_anyway_is_no_condition() -> None:
    busy = replace(PLAIN, page="busy")
    found = build(recording(DEPLOYED_MS, asked=busy)).reproduction
    assert "load" not in {one.id for one in Case(recording(None, asked=busy)).get(conditions)}
    assert found is not None
    assert found.not_measured == ()


def test_a_debugger_costs_a_page_what_it_costs_beside_its_own_flags() -> None:
    """What keeps wasm from being optimised anyway leaves it little to take."""
    machine = Machine(latency_ms=ladder_ms({"web-flags": 2.5, "web-debugged": 1.1}), noise=0.005)
    flags = replace(PLAIN, js_flags=("--liftoff-only",))
    found = Case(record(machine, flags, side_rounds=4, side=ALL, page_threads=1)).get(conditions)
    (devtools,) = (one for one in found if one.id == "devtools")
    assert math.exp(devtools.times.mean) == pytest.approx(1.1, rel=0.02)


def test_a_combination_with_a_condition_of_before_stands_for_none_of_todays() -> None:
    """Its DevTools was a V8 flag, and no rung has a debugger."""
    deployed = Cell(side="web", threads=1, where="main", isolated=True, build="served")
    plan = Combination(
        conditions=("load", "devtools"),
        deployed=deployed,
        together=replace(deployed, page="busy", js_flags=("--liftoff-only",)),
        rounds=4,
        refusal="it was not to be had",
    )
    found = recording(DEPLOYED_MS)
    kept = (
        replace(one, ladder=tuple(step for step in one.ladder if step.rung.id != "web-debugged"))
        if isinstance(one, Preflight)
        else one
        for one in found.entries
        if not (isinstance(one, Trial) and one.rung == "web-debugged")
    )
    told = build(replace(found, entries=(*kept, plan))).reproduction
    assert told is not None
    assert told.not_measured == (DEVTOOLS,)
    assert not any(one.why_not_measured for one in told.rows)


def test_beside_a_page_of_the_users_own_the_busy_one_stands_in_its_place() -> None:
    found = {
        one.id: one for one in Case(recording(None, asked=replace(PLAIN, page="app.html"))).get(conditions)
    }
    assert found["load"].title == "a busy page instead of this one"
    assert math.exp(found["load"].times.mean) == pytest.approx(1.6, rel=0.02)


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
    """2.6 times 1.6 times 3, slowest of all, is 12.5."""
    assert holding(DEPLOYED_MS * 40) == []
    text = said(reproduced(DEPLOYED_MS * 40))
    assert text.startswith("No condition that was measured here gives")
    assert f"nearest is {CREATION} + {BUSY} + {DEVTOOLS}" in text


def test_an_interval_that_holds_nearly_everything_reproduces_nothing() -> None:
    recorded = recording(DEPLOYED_MS * 1.3, noise=0.6)
    found = build(recorded).reproduction
    assert found is not None
    wide = [one for one in found.rows if one.ms.high > 1.5 * one.ms.low]
    assert wide
    assert all(one.verdict != "holds" or abs(one.times - 1) <= 0.05 for one in wide)
    unclear = replace(found, rows=tuple(replace(one, verdict="unclear") for one in found.rows[:1]))
    assert said(unclear).endswith("The intervals are too wide to tell; measure longer.")


def test_conditions_that_were_not_measured_are_named_with_the_reason() -> None:
    url = replace(PLAIN, page="http://127.0.0.1:9/", observed_ms=DEPLOYED_MS)
    machine = Machine(latency_ms=ladder_ms(FACTORS), noise=0.005)
    found = build(record(machine, url, side_rounds=4, side=ALL, page_threads=1)).reproduction
    assert found is not None
    why = "gapprof does not serve that page, so it cannot take COOP and COEP away from it"
    assert found.not_measured == (f"without cross-origin isolation ({why})",)
    *_, last = reproduction_sentences(found)
    assert last == f"Not measured here: without cross-origin isolation ({why})."


def test_a_latency_with_the_creation_of_the_session_is_told_from_the_first_run_alone() -> None:
    """As somebody has it who measured the time to the first answer."""
    assert holding(DEPLOYED_MS * COLD + CREATE_MS) == [(CREATION,)]


def test_a_first_run_is_either_with_the_creation_or_without() -> None:
    (creation,) = (one for one in Case(recording(None)).get(conditions) if one.id == "creation")
    assert creation.excludes == {"cold"}


def test_where_nobody_timed_the_creation_that_is_said() -> None:
    found = recording(DEPLOYED_MS)
    entries = (replace(one, cold_ms={}) if isinstance(one, Trial) else one for one in found.entries)
    told = build(replace(found, entries=tuple(entries))).reproduction
    assert told is not None
    assert told.not_measured == (CREATION,)


def test_with_every_condition_measured_none_is_missing() -> None:
    assert reproduced(DEPLOYED_MS).not_measured == ()


def test_without_a_latency_that_was_seen_nothing_is_said() -> None:
    assert build(recording(None)).reproduction is None
