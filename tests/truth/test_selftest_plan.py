"""The selftest on a synthetic machine: which environments it visits, and what an A/B differs in."""

from pathlib import Path

import pytest

from gapprof.records.environment import changed_fields
from gapprof.selftest.plant import Plant
from tests.truth.planted_machine import Priced, visit
from tests.truth.planted_selftest import PLANTS

pytestmark = pytest.mark.usefixtures("fetched_118")


def test_plants_share_their_visits(tmp_path: Path) -> None:
    """Each environment once in each round, whoever stands on it."""
    machine = Priced()
    found = visit(machine, tuple(PLANTS.values()), tmp_path, rounds=2)
    timed = [name for name in machine.visits if name in found.plan.stops]
    assert all(timed.count(name) >= 2 for name in found.plan.stops)
    settings = [(s.setting, s.web_dist, s.under_load) for s in found.plan.stops.values() if s.copy == 0]
    assert len(settings) == len({repr(one) for one in settings})


def test_a_recording_names_no_folder_of_the_machine(tmp_path: Path) -> None:
    chosen = (PLANTS["clean"], PLANTS["burning-page"], PLANTS["scalar-build"])
    visit(Priced(), chosen, tmp_path, rounds=1)
    text = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    assert '"pages/burning-page/index.html"' in text
    assert str(tmp_path) not in text


def plants_with_pairs() -> list[Plant]:
    return [plant for plant in PLANTS.values() if any(hasattr(one, "pair") for one in plant.expects)]


@pytest.mark.parametrize("plant", plants_with_pairs(), ids=lambda plant: plant.id)
def test_no_trial_of_a_ladder_is_the_measure_of_itself(plant: Plant, tmp_path: Path) -> None:
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path, rounds=2)
    laid = found.plan.plants[1]
    ladder = {*laid.stops.values(), *found.plan.clean.stops.values()}
    for pair in laid.pairs:
        assert pair is not None
        assert not {pair.planted, pair.without} & ladder


@pytest.mark.parametrize("plant", plants_with_pairs(), ids=lambda plant: plant.id)
def test_the_two_sides_of_an_a_b_differ_in_the_one_thing_planted(plant: Plant, tmp_path: Path) -> None:
    found = visit(Priced(), (PLANTS["clean"], plant), tmp_path, rounds=1)
    switches = {"no-isolation": {"isolated", "threads"}, "scalar-build": {"build"}}
    for pair in found.plan.plants[1].pairs:
        assert pair is not None
        planted, without = found.plan.stops[pair.planted], found.plan.stops[pair.without]
        changed = changed_fields(planted.setting, without.setting)
        assert changed == switches.get(plant.id, changed)
        assert len(changed) == len(switches.get(plant.id, {"one"}))
        assert planted.under_load == without.under_load
