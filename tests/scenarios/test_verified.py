"""What `--verify` says of changes that one switch makes: real runs that predicted, made and measured them."""

import math

import pytest

from gapprof.digest.verified import came_true, predicted_measured, verified
from gapprof.explain.switches import SWITCHES, to_verify
from gapprof.facts.case import Case
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from gapprof.records.report import Report, WhatIf
from tests.scenarios.reading import REPORTS, report, text

CHANGES = pytest.mark.parametrize(
    ("name", "rung"),
    [
        ("verify-headers", "web-isolated"),
        ("verify-graph", "web-optimised"),
        ("verify-build", "web-pinned-build"),
        ("verify-build", "web-threads"),
    ],
)
PREDICTIONS = {
    "verify-headers": {"web-isolated"},
    "verify-worker": {"web-in-worker"},
    "verify-graph": {"web-optimised", "web-threads"},
    "verify-build": {"web-pinned-build", "web-threads"},
}
"""Recording → every change that it was to save, or was named."""


def change(found: Report, rung: str) -> WhatIf:
    return next(one for one in found.what_ifs if one.rung == rung)


WIDEST = 1.25
"""An interval that reaches further up and down than this holds 1 whatever was measured."""


def as_predicted(ratio: Estimate | None, *, rounds: int) -> bool:
    """Within 5 %, or inside an interval that says something, by as many rounds at least."""
    if ratio is None or ratio.rounds < rounds:
        return False
    inside = ratio.low <= 1 <= ratio.high and math.sqrt(ratio.high / ratio.low) < WIDEST
    return 1 / 1.05 <= ratio.point <= 1.05 or inside


@pytest.mark.parametrize("name", PREDICTIONS)
def test_every_prediction_that_was_put_to_the_test_is_told_whatever_came_of_it(name: str) -> None:
    """In a row of its own, from the figures beside it; none is left out because it would look bad."""
    found = report(f"scenarios/{name}")
    assert (found.status, found.status_why) == ("ok", "")
    rows = verified(found)
    assert {row.rung for row in rows} == PREDICTIONS[name]
    shown = text(found)
    for row in rows:
        assert row.ratio is not None
        assert row.ratio.rounds >= 5
        assert f"{row.change} {predicted_measured(row)} {came_true(row)}" in shown
        assert (row.prediction == "fails") == came_true(row).startswith("outside: ")
        near, inside = 1 / 1.05 <= row.ratio.point <= 1.05, row.ratio.low <= 1 <= row.ratio.high
        assert came_true(row).startswith("within its") == inside
        assert row.prediction == "holds" or not near


@pytest.mark.parametrize(("name", "same"), [("verify-graph", True), ("verify-headers", False)])
def test_a_prediction_that_came_of_the_same_settings_is_said_to_test_visits_alone(
    name: str, same: bool
) -> None:
    """An app that does nothing beside its model gets, with every core, the very page that predicts it."""
    rung = "web-threads" if same else "web-isolated"
    preflight = read_run(REPORTS / "scenarios" / f"{name}.jsonl").preflight
    assert preflight is not None
    steps = {step.rung.id: step.setting for step in preflight.ladder}
    assert (steps[rung] == steps[SWITCHES[rung].source]) == same
    found = report(f"scenarios/{name}")
    assert ("what predicts it has the same settings" in text(found)) == same
    assert bool(change(found, rung).why) == same


@CHANGES
def test_a_change_is_predicted_from_elsewhere_and_comes_true(name: str, rung: str) -> None:
    """No fewer rounds than predicted it were planned, six at least; one may have been struck."""
    one = change(report(f"scenarios/{name}"), rung)
    assert one.prediction == "holds"
    assert as_predicted(one.ratio, rounds=5)


def test_the_page_that_keeps_a_prediction_is_not_the_one_that_made_it() -> None:
    preflight = read_run(REPORTS / "scenarios" / "verify-headers.jsonl").preflight
    assert preflight is not None
    steps = {step.rung.id: step.setting for step in preflight.ladder}
    predicting, kept = steps[SWITCHES["web-isolated"].to], steps["web-isolated"]
    assert predicting is not None
    assert kept is not None
    assert (predicting.page, kept.page) == ("quiet", "working.html")


@CHANGES
def test_it_saves_beyond_doubt(name: str, rung: str) -> None:
    found = report(f"scenarios/{name}")
    one, now = change(found, rung), found.latency_ms.web
    assert now is not None
    assert one.predicted_ms is not None
    assert one.measured_ms is not None
    assert one.predicted_ms.point < now.low
    assert one.measured_ms.high < now.low


@pytest.mark.parametrize(("name", "cause"), [("verify-headers", "threads"), ("verify-build", "simd")])
def test_it_is_recommended_as_measured(name: str, cause: str) -> None:
    """By the level of all that is asked at once: for the optimised file six rounds are too few."""
    found = report(f"scenarios/{name}")
    (action,) = (action for action in found.actions if action.cause == cause)
    assert action.basis == "measured"
    assert found.latency_ms.web is not None
    assert action.then_ms.high < found.latency_ms.web.point


@CHANGES
def test_the_page_shows_predicted_beside_measured(name: str, rung: str) -> None:
    found = report(f"scenarios/{name}")
    one, shown = change(found, rung), text(found)
    assert f"{one.change} {predicted_measured(one)} {came_true(one)}" in shown
    assert "Nothing to verify" not in shown


def test_a_worker_is_predicted_to_save_nothing_and_saves_nothing() -> None:
    """It was named: nobody else tries what is predicted to save nothing."""
    found = report("scenarios/verify-worker")
    one, now = change(found, "web-in-worker"), found.latency_ms.web
    assert now is not None
    assert one.predicted_ms is not None
    assert one.measured_ms is not None
    assert one.predicted_ms.high > now.low
    assert one.factor is not None
    assert one.factor.high > 1
    assert one.prediction == "holds"
    assert as_predicted(one.ratio, rounds=5)
    assert f"{one.change} {predicted_measured(one)} {came_true(one)}" in text(found)
    assert not [action for action in found.actions if "worker" in action.text]


def test_what_only_a_visit_can_tell_is_worth_a_visit() -> None:
    """On a page that is at work; one where nothing holds the model up has to name it."""
    assert "web-in-worker" in Case(read_run(REPORTS / "scenarios" / "burning-page.jsonl")).get(to_verify)


def test_a_worker_is_tried_for_a_page_at_work_and_advised_against_where_it_does_harm() -> None:
    """What the page does to the model there no step of the ladder has, so that nothing is predicted: requests
    on the main thread wait for it once, those of a worker for their answers as well."""
    found = report("scenarios/verify-busy-page")
    one = change(found, "web-in-worker")
    assert (one.predicted_ms, one.ratio, one.prediction) == (None, None, None)
    assert "no step says what that gives" in one.why
    assert "web-in-worker" not in {row.rung for row in verified(found)}
    assert one.factor is not None
    assert one.factor.low > 1
    assert not [action for action in found.actions if "in a worker" in action.text]
    contention = next(cause for cause in found.causes if cause.id == "contention")
    assert contention.verdict == "costs"
    for row in (contention, *contention.children):
        assert "Run the model in a worker" not in row.advice
    assert "Leave the model on the main thread: in a worker requests take " in contention.advice
