"""A study's lattice on a machine whose gains are planted, and the tables that come of it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gapprof.explain.study import studied_model
from gapprof.facts import paper
from gapprof.facts.studied import STUDY
from gapprof.markdown.study import document
from gapprof.records.environment import Setting
from gapprof.records.lattice import Cell, CellVisit, LatticePlan, PlannedCell, Served
from gapprof.records.recording import Note, Recording
from gapprof.records.study import StudiedModel, Study
from gapprof.study.models import ALL, CIFAR
from gapprof.study.plan import SLOWEST_MS, study_cells, without_the_slowest
from gapprof.study.stage import ROUNDS, through_the_lattice
from gapprof.subject.zoo import names
from tests.truth.cells import Planted, studied

DEPLOYED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
NATIVE_GAIN, WEB_GAP, SIMD, THREADS, TOGETHER, MAIN = 3.2, 5.0, 4.0, 2.5, 7.0, 1.1
"""Of four cores natively; one thread in a worker; without SIMD; without SIMD with every core; both; main."""


def planted(setting: Setting, _round: int) -> float:
    if setting.backend == "native":
        return 1.0 / (NATIVE_GAIN if setting.threads > 1 else 1.0)
    times = WEB_GAP * (MAIN if setting.where == "main" else 1.0)
    match setting.build, setting.threads > 1:
        case "1.18-scalar", False:
            return times * TOGETHER
        case "1.18-scalar", True:
            return times * TOGETHER / THREADS
        case _, False:
            return times * TOGETHER / SIMD
        case _, True:
            return times
    raise AssertionError(setting)


def recording(of: Planted = planted, **changes: object) -> Recording:
    changed: Callable[..., Recording] = studied
    return changed(of, extra=through_the_lattice, **changes)


def row(found: Recording) -> StudiedModel:
    return studied_model(found, stem="model", paper_class="")


def tables(*rows: StudiedModel, **changes: object) -> str:
    study = Study(gapprof_version="1", machine=None, cores=4, browsers=("Chrome/1",), models=rows)
    return document(replace(study, **changes))


def test_the_cells_are_all_combinations_and_native_beside_them() -> None:
    cells = set(study_cells(DEPLOYED, cores=4))
    web = {(cell.threads, cell.build, cell.where) for cell in cells if cell.side == "web"}
    assert web == {
        (threads, build, where)
        for threads in (1, 4)
        for build in ("served", "1.18-simd", "1.18-scalar")
        for where in ("main", "worker")
    }
    assert {cell.threads for cell in cells if cell.side == "native"} == {1, 4}
    assert {cell.isolated for cell in cells if cell.side == "web"} == {True}


def test_a_page_that_is_not_isolated_is_visited_as_it_is_too() -> None:
    bare = replace(DEPLOYED, isolated=False)
    assert bare in set(study_cells(bare, cores=4))
    assert len(set(study_cells(bare, cores=4))) == 15


def test_every_cell_is_visited_in_every_round_with_runs_back_to_back() -> None:
    found = recording()
    plan = next(found.of(LatticePlan))
    visits = list(found.of(CellVisit))
    assert plan.study == STUDY
    assert len(visits) == ROUNDS * len(plan.cells)
    assert {one.study for one in visits} == {STUDY}
    assert not list(found.of(Note))


def test_planted_gains_and_their_interaction_are_found() -> None:
    found = row(recording(noise=0.001))
    told = {
        "threads_gain": THREADS,
        "simd_gain": SIMD,
        "both_gain": TOGETHER,
        "interaction": TOGETHER / (THREADS * SIMD),
        "gap_one_thread": WEB_GAP * TOGETHER / SIMD,
        "gap_every_core": WEB_GAP * NATIVE_GAIN,
        "main_times": MAIN,
    }
    for name, factor in told.items():
        estimate = getattr(found, name)
        assert estimate.point == pytest.approx(factor, rel=0.01), name
        assert estimate.low <= estimate.point <= estimate.high
        assert estimate.rounds == ROUNDS


def test_clients_per_server_are_a_servers_throughput_over_one_pages() -> None:
    found = recording(noise=0.001)
    served = tuple(Served(round=number, callers=4, runs_per_s=2000.0) for number in range(ROUNDS))
    with_server = row(replace(found, entries=(*found.entries, *served)))
    assert with_server.predictions_per_s is not None
    assert with_server.native_predictions_per_s is not None
    assert with_server.native_predictions_per_s.point == pytest.approx(2000.0)
    assert with_server.clients_per_server is not None
    ratio = 2000.0 / with_server.predictions_per_s.point
    assert with_server.clients_per_server.point == pytest.approx(ratio)
    without = row(found)
    assert (without.native_predictions_per_s, without.clients_per_server) == (None, None)


def test_one_core_tells_nothing_of_threads() -> None:
    found = recording()
    plan = next(found.of(LatticePlan))
    alone = tuple(
        replace(entry, cores=1) if isinstance(entry, LatticePlan) else entry for entry in found.entries
    )
    told = row(replace(found, entries=alone))
    assert plan.cores == 4
    assert (told.threads_gain, told.interaction) == (None, None)
    assert told.simd_gain is not None


def test_what_a_machine_cannot_give_has_its_reason_and_leaves_the_rest() -> None:
    found = row(recording(refusals={("chromium", "build", "1.18-scalar"): "it was not fetched"}))
    assert found.simd_gain is None
    assert found.gap_one_thread is not None
    missing = [one for one in found.cells if one.run_ms is None]
    assert {one.why for one in missing} == {"it was not fetched"}
    assert len(missing) == 4
    text = tables(found)
    assert "it was not fetched" in text


def test_a_model_whose_run_takes_seconds_is_not_run_without_simd() -> None:
    cells = [PlannedCell(cell=cell) for cell in dict.fromkeys(study_cells(DEPLOYED, cores=4))]
    assert without_the_slowest(cells, SLOWEST_MS) == tuple(cells)
    refused = [one for one in without_the_slowest(cells, 5300.0) if one.refusal]
    assert {one.cell.build for one in refused} == {"1.18-scalar"}
    assert len(refused) == 4
    assert "5300 ms with SIMD" in refused[0].refusal


def test_the_papers_figures_stand_beside_the_models_that_it_has() -> None:
    named = replace(row(recording()), model="zoo:resnet50", paper_class="ResNet50")
    text = tables(named)
    assert "488 / 25.4 / 23.4" in text
    assert "1219.3 / 306.9 / 172.3" in text
    assert "3.22x, 3.56x, 7.40x, 0.64" in text
    assert "3x" in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    empty = StudiedModel(model="m", stem="m", paper_class="VGG16", status="", why="it came to no end")
    text = tables(row(recording()), empty, state="stopped")
    for block in text.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in rows}) <= 1, block
    assert text.count("it came to no end") == 1, "where it is named with its reason, and in no table"
    assert "| m |" not in text
    assert "Some models are still to come" in text


def test_the_studys_models_are_in_the_zoo_and_cover_the_papers_classes() -> None:
    stems = [name.removeprefix("zoo:") for name in ALL]
    assert set(stems) <= set(names())
    assert set(paper.CLASSES) | set(CIFAR) <= set(stems)
    assert len(stems) == len(set(stems))
