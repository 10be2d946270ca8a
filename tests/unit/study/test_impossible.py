"""Entries of a lattice that no run can have written."""

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.records.impossible import impossible
from gapprof.records.lattice import Cell, CellOutputs, CellVisit, Served
from gapprof.records.trial import Failure, Load, Trial
from tests.truth.recorder import check, record
from tests.unit.facts.held import QUIET, sized, web

SERVED = Served(
    round=0,
    callers=2,
    runs_per_s=100.0,
    load=Load(wall_ms=1500.0, machine_busy_ms=None, own_cpu_ms=None),
)
OUTPUTS = CellOutputs(study="study", cell=Cell(side="native", threads=1), checks=(check("native-1t"),))
FAILED = Failure(
    rung="native",
    round=0,
    started_s=1.0,
    ended_s=9.0,
    phase="timed",
    kind="crash",
    message="",
    waited_ms=2500.0,
)


def visit(outcome: Trial | Failure) -> CellVisit:
    return CellVisit(study="study", cell=OUTPUTS.cell, round=0, kind="explore", outcome=outcome)


def test_what_a_run_writes_is_possible() -> None:
    for one in (SERVED, OUTPUTS, sized(web(), QUIET), FAILED, visit(FAILED)):
        assert impossible(one) == ""


@pytest.mark.parametrize("waited_ms", [-1.0, float("nan"), 1e12])
def test_a_visit_that_waited_for_no_time_that_passes_is_not(waited_ms: float) -> None:
    wrong = replace(FAILED, waited_ms=waited_ms)
    assert "a failed visit of native waited" in impossible(wrong)
    assert "a failed visit of native waited" in impossible(visit(wrong))
    trial = next(one for one in record(Machine(), rounds=1).of(Trial) if not one.struck)
    assert impossible(visit(trial)) == impossible(trial) == ""
    wrong_too = replace(trial, waited_ms=waited_ms)
    assert f"a visit of {trial.rung} waited" in impossible(wrong_too)
    assert f"a visit of {trial.rung} waited" in impossible(visit(wrong_too))


@pytest.mark.parametrize(
    "changes",
    [
        {"runs_per_s": 0.0},
        {"runs_per_s": float("nan")},
        {"callers": 0},
        {"load": Load(wall_ms=0.0, machine_busy_ms=None, own_cpu_ms=None)},
    ],
)
def test_a_server_that_did_nothing_is_not(changes: dict[str, object]) -> None:
    assert impossible(replace(SERVED, **changes))
    assert not impossible(replace(SERVED, **changes, struck=("outside load",)))


@pytest.mark.parametrize(
    "changes", [{"elements": -1}, {"max_abs_difference": float("nan")}, {"nan_count": 10**9}]
)
def test_outputs_of_no_size_are_not(changes: dict[str, object]) -> None:
    assert impossible(replace(OUTPUTS, checks=(replace(OUTPUTS.checks[0], **changes),)))


def test_more_pages_of_files_than_of_all_are_not() -> None:
    assert "more pages of files" in impossible(sized(web(), {**QUIET, "create": (180, 80, 150)}))
