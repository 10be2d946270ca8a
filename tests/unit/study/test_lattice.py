"""A study's lattice on a machine whose gains are planted, and the tables that come of it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gapprof.explain.study import studied_model
from gapprof.facts import paper
from gapprof.facts.studied import STUDY
from gapprof.lattice.rounds import Stop
from gapprof.markdown.study import document
from gapprof.measure.extra import Beyond
from gapprof.measure.visits import Patience
from gapprof.records.environment import Setting
from gapprof.records.lattice import Cell, CellOutputs, CellVisit, LatticePlan, PlannedCell, Served
from gapprof.records.model import NodeCensus
from gapprof.records.recording import Note, Recording
from gapprof.records.study import StudiedModel, Study
from gapprof.records.trial import Load
from gapprof.study.models import ALL, CIFAR
from gapprof.study.plan import ROUNDS, SLOWEST_MS, study_cells, without_the_slowest
from gapprof.study.stage import through_the_lattice
from gapprof.subject.zoo import names
from tests.truth.cells import Planted, studied

DEPLOYED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
NATIVE_GAIN, WEB_GAP, SIMD, THREADS, TOGETHER, MAIN = 3.2, 5.0, 4.0, 2.5, 7.0, 1.1
"""Of four cores natively; one thread in a worker; without SIMD; without SIMD with every core; both; main."""

SERVED_PER_S = 2000.0


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
    return changed(of, extra=lambda settings: through_the_lattice(settings, serving=serving), **changes)


def serving(beyond: Beyond, _: Patience) -> Stop:
    """A server that does what is planted."""

    def visited(number: int) -> None:
        load = Load(wall_ms=1500.0, machine_busy_ms=None, own_cpu_ms=None)
        beyond.journal.write(Served(round=number, callers=4, runs_per_s=SERVED_PER_S, load=load))

    return visited


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
    with_server = row(found)
    assert with_server.predictions_per_s is not None
    assert with_server.native_predictions_per_s is not None
    assert with_server.native_predictions_per_s.point == pytest.approx(SERVED_PER_S)
    assert with_server.clients_per_server is not None
    ratio = SERVED_PER_S / with_server.predictions_per_s.point
    assert with_server.clients_per_server.point == pytest.approx(ratio)
    rest = tuple(entry for entry in found.entries if not isinstance(entry, Served))
    without = row(replace(found, entries=rest))
    assert (without.native_predictions_per_s, without.clients_per_server) == (None, None)


def test_the_server_is_visited_among_the_cells_of_every_round_in_another_place() -> None:
    found = recording()
    places = []
    for number in range(ROUNDS):
        entries = [
            one for one in found.entries if isinstance(one, CellVisit | Served) and one.round == number
        ]
        places.append([isinstance(one, Served) for one in entries].index(True))
    assert len(set(places)) > 1
    assert any(0 < place < len(list(study_cells(DEPLOYED, cores=4))) for place in places)


def test_a_servers_visit_that_was_struck_does_not_count() -> None:
    found = recording(noise=0.001)
    struck = Served(round=0, callers=4, runs_per_s=1.0, attempt=0, struck=("outside load",))
    later = tuple(replace(one, attempt=1) if isinstance(one, Served) else one for one in found.entries)
    told = row(replace(found, entries=(struck, *later)))
    assert told.native_predictions_per_s is not None
    assert told.native_predictions_per_s.point == pytest.approx(SERVED_PER_S)


def test_a_build_that_computes_something_else_has_no_figure_and_its_reason() -> None:
    found = recording(wrong_build="1.18-scalar")
    visits = [one for one in found.of(CellVisit) if one.cell.build == "1.18-scalar"]
    assert len(visits) == 4, "one visit each tells it; another would cost time and tell nothing"
    told = row(found)
    assert told.simd_gain is None
    assert told.gap_one_thread is not None
    scalar = [one for one in told.cells if one.cell.endswith("1.18-scalar")]
    assert [one.run_ms for one in scalar] == [None] * 4
    assert all("it computes something else: output output of web-" in one.why for one in scalar)
    assert {one.outputs for one in scalar} == {"differ"}
    assert "it computes something else" in tables(told)


def test_every_cells_outputs_are_compared_before_any_time_of_it_is_written() -> None:
    found = recording()
    seen: set[Cell] = set()
    for entry in found.entries:
        if isinstance(entry, CellOutputs):
            seen.add(entry.cell)
            assert {check.reference for check in entry.checks} == {"native-128"}
        if isinstance(entry, CellVisit):
            assert entry.cell in seen
    assert seen == {one.cell for one in next(found.of(LatticePlan)).cells}
    assert {one.outputs for one in row(found).cells} == {"agree"}


def test_a_time_without_its_comparison_does_not_count() -> None:
    found = recording()
    cut = tuple(one for one in found.entries if not isinstance(one, CellOutputs))
    told = row(replace(found, entries=cut))
    assert {one.why for one in told.cells} == {"what it computes was not compared with native's"}


def test_where_nothing_can_be_compared_the_tables_say_so() -> None:
    told = row(recording(reference=False))
    assert {one.outputs for one in told.cells} == {"not-compared"}
    assert told.gap_one_thread is not None
    assert "16 cells whose outputs were not compared with native's" in tables(told)


def test_eight_bit_weights_that_saturate_natively_keep_their_times_there() -> None:
    found = recording()
    conv = NodeCensus(
        name="conv", op_type="QLinearConv", domain="", flops=None, bytes=None, output_shapes=((1,),)
    )
    begin = replace(found.begin, model=replace(found.begin.model, nodes=(conv,)))
    wrong = tuple(
        replace(
            one, checks=tuple(replace(check, exact=False, max_abs_difference=9.0) for check in one.checks)
        )
        if isinstance(one, CellOutputs)
        else one
        for one in found.entries
    )
    told = row(replace(found, begin=begin, entries=wrong))
    assert {one.cell for one in told.cells if one.run_ms is not None} == {
        "native-1t",
        "native-2t",
        "native-4t",
    }


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
