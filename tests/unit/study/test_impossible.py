"""Entries of a lattice that no run can have written."""

import pytest
from msgspec.structs import replace

from gapprof.records.impossible import impossible
from gapprof.records.lattice import Cell, CellOutputs, Served
from gapprof.records.trial import Load
from tests.truth.recorder import check
from tests.unit.facts.held import QUIET, sized, web

SERVED = Served(
    round=0,
    callers=2,
    runs_per_s=100.0,
    load=Load(wall_ms=1500.0, machine_busy_ms=None, own_cpu_ms=None),
)
OUTPUTS = CellOutputs(study="study", cell=Cell(side="native", threads=1), checks=(check("native-1t"),))


def test_what_a_run_writes_is_possible() -> None:
    assert [impossible(one) for one in (SERVED, OUTPUTS, sized(web(), QUIET))] == ["", "", ""]


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
