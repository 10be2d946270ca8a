"""The selftest on a synthetic machine: load from outside the browser is flagged, and blamed on nobody."""

import dataclasses
import math
from pathlib import Path

import pytest

from gapprof.records.job import Job
from gapprof.selftest.judge import shortage
from gapprof.selftest.plant import UNTOUCHED
from gapprof.selftest.report import selftest_of
from tests.truth.planted_machine import Priced, honest, visit
from tests.truth.planted_selftest import PLANTS, only, report_of

pytestmark = pytest.mark.usefixtures("fetched_118")


def test_load_that_nobody_tells_fails(tmp_path: Path) -> None:
    row = only(report_of(Priced(tells_load=False), tmp_path, "outside-load"), "outside-load")
    assert row.status == "fail"
    assert "under load show it" in row.why
    assert "does not flag it" in row.why


def test_load_that_slows_everything_alike_is_blamed_on_nobody(tmp_path: Path) -> None:
    row = only(report_of(Priced(load_slows=1.5), tmp_path, "outside-load"), "outside-load")
    assert row.status == "pass", row.why


def test_contention_that_only_the_load_brings_is_blamed_from_nothing(tmp_path: Path) -> None:
    """Without load the main thread brings no figures at all."""

    def half(job: Job) -> float:
        if job.rung in ("outside-load.web-main-2", "burning-page.web-main"):
            return math.nan
        return honest(job) * (1.4 if job.rung == "outside-load.web-main" else 1.0)

    row = only(report_of(Priced(price=half), tmp_path, "outside-load"), "outside-load")
    assert row.status == "fail"
    assert "contention is blamed" in row.why


def test_a_cause_that_the_load_never_met_is_not_said_to_be_spared(tmp_path: Path) -> None:
    plant = dataclasses.replace(PLANTS["outside-load"], settings=UNTOUCHED)
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path)
    (row,) = selftest_of(found.plan, found.recording).rows
    assert row.status == "fail"
    assert row.why == "nothing says whether contention is blamed: no round exercises it under load"


def test_a_ladder_under_load_is_held_against_the_same_without(tmp_path: Path) -> None:
    """Whose stops others have anyway, where all plants are planted."""
    found = visit(Priced(), tuple(PLANTS.values()), tmp_path, rounds=1)
    (laid,) = (one for one in found.plan.plants if one.plant.under_load)
    stops = found.plan.stops
    assert laid.calm.keys() == laid.stops.keys() >= {"native", "web-main", "web-paced"}
    assert laid.stops.keys().isdisjoint(laid.plant.without)
    for rung, loaded in laid.stops.items():
        assert stops[laid.calm[rung]] == dataclasses.replace(stops[loaded], under_load=False)
    others = {stop for one in found.plan.plants if one is not laid for stop in one.stops.values()}
    assert set(laid.calm.values()) <= others


def test_further_rounds_under_load_visit_both_ladders_of_that_plant_alone(tmp_path: Path) -> None:
    found = visit(Priced(noise=0.08), (PLANTS["clean"], PLANTS["outside-load"]), tmp_path)
    laid = found.plan.plants[1]
    wanted = shortage(found.plan, found.recording, given_up=set())
    assert wanted.stops == {*laid.stops.values(), *laid.calm.values()}
    assert not set(found.plan.clean.stops.values()) <= wanted.stops
