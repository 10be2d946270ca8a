"""A worker takes a core, and costs the page no more than anybody who does: as it was published."""

import math

import pytest

from gapprof.records.estimate import Estimate
from gapprof.text.numbers import change_with_interval
from tests.scripts import ROOT, script
from tests.unit.published import no_more_than_a_core

REPORT = script("reports/taken_core.py")
FOUND = REPORT.published()
REST, WORKER, PROCESS, BESIDE = REPORT.WAYS
FEWEST_ROUNDS = 10
NARROW = math.log(1.25)
"""Half an interval: a worker that costs half as much again as its core would show."""

every_model = pytest.mark.parametrize("name", FOUND)


def half(one: Estimate) -> float:
    return math.log(one.high / one.low) / 2


def test_one_model_is_published_at_least_and_the_page_is_of_what_was_measured() -> None:
    assert set(REPORT.MODELS) <= FOUND.keys()
    text = (REPORT.HERE / "README.md").read_text(encoding="utf-8")
    assert text == "\n".join(REPORT.table(FOUND))
    assert {path.name for path in REPORT.HERE.iterdir()} == {*(f"{name}.json" for name in FOUND), "README.md"}


@every_model
@pytest.mark.parametrize("measure", ["components", "event-p50"])
def test_a_model_in_a_worker_costs_the_page_no_more_than_the_same_in_another_process(
    name: str, measure: str
) -> None:
    """That process is in the session of the browser, as a worker is."""
    found = FOUND[name].times(measure, WORKER, BESIDE)
    assert found.rounds >= FEWEST_ROUNDS
    assert found.low <= 1
    assert half(found) < NARROW


@every_model
def test_a_worker_costs_components_no_more_than_a_core(name: str) -> None:
    no_more_than_a_core(FOUND[name].times("components", WORKER, REST))


@every_model
def test_a_worker_leaves_the_frames_alone(name: str) -> None:
    found = FOUND[name].times("frame-p95", WORKER, REST)
    assert found.rounds >= FEWEST_ROUNDS
    assert found.low <= 1 <= found.high
    assert half(found) < NARROW


@pytest.mark.parametrize("measure", ["components", "event-p50"])
def test_the_readme_says_what_was_measured(measure: str) -> None:
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert change_with_interval(FOUND["mobilenetv2"].times(measure, WORKER, BESIDE)) in text
