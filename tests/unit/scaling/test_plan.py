"""Which cells are visited, and what becomes of each."""

from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.lattice.cells import Bases, obtainable, planned, setting_of
from gapprof.records.environment import changed_fields
from gapprof.records.lattice import Cell
from gapprof.records.recording import PlannedRung, Preflight
from gapprof.scaling.plan import scaling_cells, thread_numbers
from tests.truth.recorder import RUNGS
from tests.truth.recorder import record as recorded

DEPLOYED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
LADDER = {step.rung.id: step for one in recorded(Machine(), rounds=0).of(Preflight) for step in one.ladder}
BASES: Bases = {"native": LADDER["native"], "web": LADDER["web"]}
BACKENDS = {"native": Machine(), "chromium": Machine()}


def cells(cores: int, **deployed: Any) -> list[Cell]:
    return list(dict.fromkeys(scaling_cells(replace(DEPLOYED, **deployed), cores=cores)))


@pytest.mark.parametrize(
    ("cores", "numbers"),
    [
        (1, (1, 2)),
        (2, (1, 2, 4)),
        (4, (1, 2, 3, 4, 8)),
        (12, (1, 2, 4, 8, 12, 24)),
        (16, (1, 2, 4, 8, 16, 32)),
    ],
)
def test_threads_go_up_to_every_core_and_then_two_for_each(cores: int, numbers: tuple[int, ...]) -> None:
    assert thread_numbers(cores) == numbers


def test_both_sides_are_visited_at_the_same_numbers_of_threads() -> None:
    found = cells(4)
    native = {cell.threads for cell in found if cell.side == "native"}
    web = {cell.threads for cell in found if cell.side == "web" and cell.isolated and cell.where == "main"}
    assert native == web == set(thread_numbers(4))


def test_places_are_visited_as_deployed_and_with_every_core() -> None:
    found = cells(4, threads=2)
    for threads in (2, 4):
        places = {c.where for c in found if (c.side, c.threads, c.isolated) == ("web", threads, True)}
        assert places == {"main", "worker", "proxy"}


def test_an_unisolated_page_is_still_held_against_an_isolated_one() -> None:
    found = cells(2, threads=2, isolated=False)
    curve = {cell.threads for cell in found if cell.side == "web" and cell.isolated}
    assert curve == {1, 2, 4}
    assert replace(DEPLOYED, threads=2, isolated=False) in found


def test_one_core_has_nobody_to_spin_for() -> None:
    assert {cell.spinning for cell in cells(1)} == {"default"}
    assert {cell.spinning for cell in cells(2)} == {"default", "on", "off"}


def test_a_cell_changes_what_it_says_and_nothing_else() -> None:
    page = BASES["web"].setting
    assert page is not None
    as_it_is = Cell(side="web", threads=page.threads, where="main", isolated=page.isolated, build=page.build)
    assert setting_of(as_it_is, BASES) == page
    changes = {
        "threads": 3,
        "where": "proxy",
        "isolated": False,
        "spinning": "off",
        "build": "1.18-simd",
        "debugger": True,
    }
    for field, value in changes.items():
        changed = setting_of(replace(as_it_is, **{field: value}), BASES)
        assert changed_fields(page, changed) == {field}
    native = BASES["native"].setting
    assert native is not None
    alone = setting_of(Cell(side="native", threads=1, spinning="off"), BASES)
    assert changed_fields(native, alone) == {"threads", "spinning"}


def test_equal_cells_are_planned_once_and_each_has_its_refusal() -> None:
    refusing = Machine(refusals={("chromium", "where", "proxy"): "not here"})
    plan = planned((DEPLOYED, DEPLOYED, replace(DEPLOYED, where="proxy")), BASES, {"chromium": refusing})
    assert [(one.cell.where, one.refusal) for one in plan] == [("main", ""), ("proxy", "not here")]


def test_a_side_that_was_refused_refuses_its_cells() -> None:
    native = replace(BASES["native"], refusal="onnxruntime cannot load it")
    plan = planned(cells(2), {"native": native, "web": BASES["web"]}, BACKENDS)
    assert {one.refusal for one in plan if one.cell.side == "native"} == {"onnxruntime cannot load it"}
    assert {one.refusal for one in plan if one.cell.side == "web"} == {""}


def test_headers_of_a_page_that_somebody_else_serves_stay_as_they_are() -> None:
    page = BASES["web"].setting
    assert page is not None
    foreign = PlannedRung(rung=RUNGS["web"], setting=replace(page, page="http://localhost/", isolated=False))
    plan = planned(cells(2, isolated=False), {"native": BASES["native"], "web": foreign}, BACKENDS)
    for one in plan:
        if one.cell.side == "web":
            assert bool(one.refusal) == (one.cell.isolated is True)


def test_an_unisolated_page_can_give_one_thread() -> None:
    page = BASES["web"].setting
    assert page is not None
    assert obtainable(replace(page, threads=4, isolated=False)).threads == 1
    assert obtainable(replace(page, threads=4, isolated=True)).threads == 4
