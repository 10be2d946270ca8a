"""Which rungs a run may visit."""

import pytest

from gapprof import rungs
from gapprof.facts.conditions import CONDITION_RUNGS
from gapprof.measure.wanted import asked_rungs, possible_rungs, reproducing_rungs, wanted_rungs
from gapprof.records.settings import Settings

RUNGS = rungs.ladder("wasm")
VERIFYING = {"web-in-worker", "web-optimised", "web-stock", "web-pinned-build", "web-paced-threads"}


@pytest.mark.parametrize("asked", ["auto", "main", "engine"])
def test_what_verifies_is_wanted_only_where_it_is_named_and_possible_only_to_verify(asked: str) -> None:
    assert not VERIFYING & wanted_rungs(asked, RUNGS)
    assert not VERIFYING & possible_rungs(Settings(rungs=asked), RUNGS)
    assert possible_rungs(Settings(rungs=asked, verify=True), RUNGS) >= VERIFYING


def test_all_is_all_and_a_name_is_that_rung() -> None:
    assert wanted_rungs("all", RUNGS) == frozenset(RUNGS)
    assert wanted_rungs("web-stock", RUNGS) & VERIFYING == {"web-stock"}


def test_who_feels_the_page_may_visit_the_busier_one_whatever_else_was_asked_for() -> None:
    assert "web-busier" not in possible_rungs(Settings(rungs="main"), RUNGS)
    assert "web-busier" in possible_rungs(Settings(rungs="main", qoe=True), RUNGS)


@pytest.mark.parametrize("asked", ["auto", "all", "main", "ends", "engine"])
def test_the_built_in_busy_page_is_always_in_the_plan(asked: str) -> None:
    assert "web-busy" in wanted_rungs(asked, RUNGS)


@pytest.mark.parametrize("rungs_", ["auto", "main", "engine"])
def test_a_latency_that_was_seen_asks_for_the_rung_of_every_condition(rungs_: str) -> None:
    seen, plain = Settings(rungs=rungs_, observed_ms=180.0), Settings(rungs=rungs_)
    assert reproducing_rungs(seen, RUNGS) == set(CONDITION_RUNGS) <= RUNGS.keys()
    assert asked_rungs(seen, RUNGS) >= set(CONDITION_RUNGS)
    assert possible_rungs(seen, RUNGS) >= set(CONDITION_RUNGS)
    assert reproducing_rungs(plain, RUNGS) == frozenset()
    assert not {"web-unisolated", "web-on-main"} & possible_rungs(plain, RUNGS)


def test_without_a_wish_nothing_is_visited_beyond_the_budget() -> None:
    assert asked_rungs(Settings(), RUNGS) == frozenset()
    assert "engine" in asked_rungs(Settings(rungs="engine"), RUNGS)
