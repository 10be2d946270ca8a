"""What is made of visits of cells, on visits made up for one claim each; and how it reads."""

from typing import Any

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.scaling import curve_rows, scaling_sentences
from gapprof.explain.report import build
from gapprof.facts.lattice import cell_id, cpu_ms_per_run
from gapprof.facts.scaling import candidates, pairs
from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.impossible import impossible
from gapprof.records.lattice import Cell, CellVisit, Kind, LatticePlan, PlannedCell
from gapprof.records.recording import Recording
from gapprof.records.report import Action
from gapprof.records.sections.scaling import Scaling
from gapprof.records.surface import Surface
from gapprof.records.trial import Failure, Load, Seen, ThreadUse, Trial
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from gapprof.scaling.plan import scaling_cells
from tests.truth.recorder import record

DEPLOYED = Cell(side="web", threads=1, where="main", isolated=True, build="served")
CELLS = tuple(dict.fromkeys(scaling_cells(DEPLOYED, cores=2)))
PLAN = LatticePlan(
    study="scaling",
    cores=2,
    deployed=DEPLOYED,
    cells=tuple(PlannedCell(cell=cell) for cell in CELLS),
    rounds=3,
)
TWO = replace(DEPLOYED, threads=2)
LADDER = record(Machine())


def trial(cell: Cell, ms: float, *, cpu_ms: float = 5.0, **changes: Any) -> Trial:
    web = cell.side == "web"
    use = ThreadUse(process="renderer", thread="x", cpu_ms=20 * cpu_ms, run_queue_ms=0.0)
    made = Trial(
        rung=cell.side,
        round=0,
        started_s=0.0,
        ended_s=1.0,
        batch=1,
        samples_ms=() if web else (ms,) * 5,
        requests_ms=(ms,) * 20 if web else (),
        seen=Seen(
            runtime_version="1",
            engine_version="1",
            threads=cell.threads if cell.isolated is not False else 1,
            timer_step_us=5.0,
        ),
        load=Load(wall_ms=1.0, machine_busy_ms=None, own_cpu_ms=None, threads=(use,) if web else ()),
        timed_cpu_ms=None if web else 6 * cpu_ms,
    )
    return replace(made, **changes)


def visits(
    cell: Cell, *ms: float, kind: Kind = "explore", first: int = 0, cpu_ms: float = 5.0
) -> list[CellVisit]:
    return [
        CellVisit(
            study="scaling", cell=cell, round=number, kind=kind, outcome=trial(cell, each, cpu_ms=cpu_ms)
        )
        for number, each in enumerate(ms, start=first)
    ]


def every_cell(ms: float = 10.0) -> list[CellVisit]:
    return [visit for cell in CELLS for visit in visits(cell, ms, 1.01 * ms, 0.99 * ms)]


def recording(*entries: CellVisit, plan: LatticePlan = PLAN) -> Recording:
    return replace(LADDER, entries=(*LADDER.entries, plan, *entries))


def scaled(*entries: CellVisit, plan: LatticePlan = PLAN) -> Scaling:
    found = build(recording(*entries, plan=plan)).scaling
    assert found is not None
    return found


def without(cell: Cell) -> list[CellVisit]:
    return [one for one in every_cell() if one.cell != cell]


def faster() -> list[CellVisit]:
    """Two threads take half the time, and again when it is verified."""
    verifying = [
        *visits(DEPLOYED, 10.0, 10.1, kind="verify", first=3),
        *visits(TWO, 5.0, 5.1, kind="verify", first=3),
    ]
    return [*without(TWO), *visits(TWO, 5.0, 5.05, 4.95), *verifying]


def test_without_the_option_there_is_nothing() -> None:
    assert build(LADDER).scaling is None


def test_every_cell_has_an_id_of_its_own() -> None:
    cells = [
        *CELLS,
        replace(DEPLOYED, build="1.18-scalar"),
        replace(DEPLOYED, isolated=False),
        replace(DEPLOYED, debugger=True),
    ]
    assert len({cell_id(cell) for cell in cells}) == len(set(cells))


def test_a_page_can_choose_neither_more_threads_than_cores_nor_how_threads_wait() -> None:
    found = candidates(PLAN)
    assert {cell.threads for cell in found} == {1, 2}
    assert {cell.spinning for cell in found} == {"default"}
    assert DEPLOYED not in found


@pytest.mark.parametrize("cores", [1, 2, 12])
@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize(("threads", "where"), [(1, "main"), (2, "worker"), (16, "main")])
def test_whatever_is_compared_is_visited(cores: int, isolated: bool, threads: int, where: Any) -> None:
    deployed = replace(DEPLOYED, threads=threads, where=where, isolated=isolated)
    visited = set(scaling_cells(deployed, cores=cores))
    plan = replace(PLAN, deployed=deployed, cores=cores)
    assert {cell for pair in pairs(plan) for cell in (pair.cell, pair.other)} <= visited


def test_cpu_time_is_that_of_all_runs_of_the_timed_stretch() -> None:
    """Natively one batch runs before the samples, and is counted."""
    for cell in (DEPLOYED, Cell(side="native", threads=2)):
        assert cpu_ms_per_run(trial(cell, 10.0, cpu_ms=7.0)) == pytest.approx(7.0)
    silent = Load(wall_ms=1.0, machine_busy_ms=None, own_cpu_ms=None)
    assert cpu_ms_per_run(trial(DEPLOYED, 10.0, load=silent)) is None


def test_struck_visits_and_failures_do_not_count() -> None:
    struck = replace(visits(TWO, 1.0)[0], outcome=trial(TWO, 1.0, struck=("outside load",)))
    broken = Failure(
        rung="web", round=1, started_s=0.0, ended_s=1.0, phase="create", kind="page", message="no threads"
    )
    failed = replace(struck, round=1, outcome=broken)
    found = next(one for one in scaled(*without(TWO), struck, failed).cells if one.id == "web-2t-main")
    assert (found.ms, found.why) == (None, "no threads")


def test_spinning_is_told_by_time_and_by_cpu_time() -> None:
    on, off = (replace(TWO, spinning=one) for one in ("on", "off"))
    others = [one for one in every_cell() if one.cell not in (on, off)]
    found = scaled(*others, *visits(on, 10.0, 10.1, 9.9, cpu_ms=20.0), *visits(off, 10.0, 10.1, 9.9))
    told = {one.figure: one for one in found.effects if (one.id, one.side) == ("spinning", "web")}
    assert told["cpu"].factor is not None
    assert told["cpu"].factor.point == pytest.approx(4.0)
    assert (told["latency"].verdict, told["cpu"].verdict) == ("unclear", "costs")


def test_what_was_not_verified_says_so() -> None:
    best = scaled(*(one for one in faster() if one.kind == "explore")).recommendation
    assert best is not None
    assert (best.cell, best.measured_ms, best.prediction) == ("web-2t-main", None, None)
    assert best.why


def test_a_recording_cut_off_anywhere_gives_a_report() -> None:
    entries = faster()
    for end in range(0, len(entries), 7):
        scaled(*entries[:end])
    empty = scaled()
    assert empty.recommendation is None
    assert all(row.ms is None and row.why for row in empty.cells)


def test_visits_go_through_a_file() -> None:
    written = recording(*faster())
    lines = [encode_entry(entry) for entry in (written.begin, *written.entries)]
    assert decode_recording(lines, source="x").entries == written.entries


@pytest.mark.parametrize(
    "plan",
    [
        replace(PLAN, cores=0),
        replace(PLAN, cells=PLAN.cells[1:]),
        replace(PLAN, cells=(*PLAN.cells, PLAN.cells[0])),
        replace(PLAN, cells=(*PLAN.cells, PlannedCell(cell=replace(DEPLOYED, threads=0)))),
        replace(PLAN, deployed=Cell(side="native", threads=1)),
    ],
)
def test_plans_that_nobody_made_are_refused(plan: LatticePlan) -> None:
    assert impossible(plan)
    assert not impossible(PLAN)


def test_the_table_has_both_sides_and_says_which_row_is_the_page() -> None:
    rows = curve_rows(scaled(*faster()))
    assert [row.threads for row in rows] == ["1, as deployed", "2, every core", "4, two a core"]
    assert rows[1].cells[2:] == ("5.00 ms", "2.00x [2.00, 2.00], 100 %")
    assert rows[0].cells == ("10.0 ms", "", "10.0 ms", "")


def test_the_recommendation_is_a_sentence_with_what_was_measured() -> None:
    text = " ".join(scaling_sentences(scaled(*faster())))
    assert "Recommended: 2 threads on the main thread, in place of 1 thread on the main thread" in text
    assert "10.0 → 5.05 ms" in text
    assert "which holds" in text
    assert "Nothing to recommend" in " ".join(scaling_sentences(scaled(*every_cell())))


def test_a_worker_is_recommended_with_what_the_main_thread_takes() -> None:
    worker = replace(TWO, where="worker")
    others = [one for one in every_cell() if one.cell not in (TWO, worker)]
    fast = [*visits(TWO, 5.0, 5.05, 4.95), *visits(worker, 5.1, 5.15, 5.05)]
    again = [*visits(DEPLOYED, 10.0, 10.1, kind="verify"), *visits(worker, 5.1, 5.2, kind="verify")]
    text = " ".join(scaling_sentences(scaled(*others, *fast, *again)))
    assert "Recommended: 2 threads in a worker, in place of 1 thread on the main thread" in text
    assert "On the main thread as many took 5.00 ms when it was chosen, and held up the page" in text


def found_by_scaling(*entries: CellVisit) -> list[Action]:
    return [one for one in build(recording(*entries)).actions if one.text.endswith("(found by --scaling)")]


def test_what_is_recommended_is_among_what_the_reader_can_change() -> None:
    (change,) = found_by_scaling(*faster())
    assert change.text.startswith("Ask onnxruntime-web for 2 threads (")
    assert (change.cause, change.basis) == ("threads", "measured")
    assert change.now_ms.point == pytest.approx(10.05, rel=0.01)
    assert change.then_ms.point == pytest.approx(5.05, rel=0.01)
    assert not found_by_scaling(*every_cell())


def test_a_place_is_a_change_of_its_own() -> None:
    worker = replace(DEPLOYED, where="worker")
    others = [one for one in every_cell() if one.cell != worker]
    again = [*visits(DEPLOYED, 10.0, 10.1, kind="verify"), *visits(worker, 5.1, 5.2, kind="verify")]
    (change,) = found_by_scaling(*others, *visits(worker, 5.1, 5.15, 5.05), *again)
    assert change.text == "Run the model in a worker (found by --scaling)"
    assert change.cause == "contention"


def test_what_looked_faster_and_was_not_is_not_recommended() -> None:
    explored = [one for one in faster() if one.kind == "explore"]
    again = [*visits(DEPLOYED, 10.0, 10.1, kind="verify"), *visits(TWO, 10.1, 10.0, kind="verify")]
    assert not found_by_scaling(*explored, *again)
    text = " ".join(scaling_sentences(scaled(*explored, *again)))
    assert "Nothing to recommend: 2 threads on the main thread looked 2.00x" in text
    assert "Recommended:" not in text


def test_that_spinning_changes_nothing_is_said_only_where_it_would_have_been_seen() -> None:
    assert "changes nothing that could be seen" in " ".join(scaling_sentences(scaled(*every_cell())))
    on = replace(TWO, spinning="on")
    vague = [one for one in every_cell() if one.cell != on]
    text = " ".join(scaling_sentences(scaled(*vague, *visits(on, 5.0, 10.0, 20.0))))
    assert text.count("changes nothing that could be seen") == 1


def test_other_programs_at_work_are_a_doubt_about_threads() -> None:
    busy = Load(wall_ms=1000.0, machine_busy_ms=1900.0, own_cpu_ms=1000.0)
    beside = [replace(one, outcome=trial(one.cell, 10.0, load=busy)) for one in every_cell()[:7]]
    found = scaled(*beside, *every_cell()[7:])
    assert (found.disturbed_visits, found.visits) == (7, 3 * len(CELLS))
    text = " ".join(scaling_sentences(found))
    assert f"Other programs were at work during 7 of {3 * len(CELLS)} visits" in text
    assert "Other programs" not in " ".join(scaling_sentences(scaled(*every_cell())))


def test_ways_that_are_missing_are_named_with_their_reason() -> None:
    proxy = replace(DEPLOYED, where="proxy")
    plan = replace(
        PLAN, cells=tuple(replace(one, refusal="no proxy" * (one.cell == proxy)) for one in PLAN.cells)
    )
    text = " ".join(scaling_sentences(scaled(*without(proxy), plan=plan)))
    assert "Not measured: 1 thread behind env.wasm.proxy: no proxy." in text


@pytest.mark.parametrize("width", [80, 110])
def test_every_format_shows_it(width: int) -> None:
    report = build(recording(*faster()))
    for text in (TERMINAL.render(report, Surface(width=width)), MARKDOWN.render(report, Surface())):
        assert "speed-up, efficiency" in text
        assert "Recommended" in text
    drawn = TERMINAL.render(report, Surface(width=width)).splitlines()
    assert max(len(line) for line in drawn) <= width
