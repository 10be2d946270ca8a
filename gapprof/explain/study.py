"""One model's row in a study. Pure."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

from gapprof.explain.operators import OVERHEAD
from gapprof.explain.report import build
from gapprof.facts.agreement import agrees
from gapprof.facts.case import Case
from gapprof.facts.estimates import estimate, factor_of, geometric_mean_ms
from gapprof.facts.felt import CLICKS, COMPONENT, STEPS
from gapprof.facts.lattice import CellLogs, cell_id, compared_outputs, plan_of, why_without
from gapprof.facts.studied import (
    STUDY,
    Lattice,
    Ways,
    clients_per_server,
    compared,
    disturbances,
    lattice,
    page_threads,
    served_per_s,
    studied,
    ways,
)
from gapprof.records.estimate import Estimate
from gapprof.records.lattice import Cell
from gapprof.records.recording import Note, Recording
from gapprof.records.report import OperatorRow, Report
from gapprof.records.sections.cold import ColdStage, ColdStart
from gapprof.records.sections.memory import Memory
from gapprof.records.study import CellFigure, KernelShare, Stages, StudiedModel
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import exponential, t_interval

_KERNELS = 5
_LIBRARY = "import"
_SETUP = ("fetch", "glue", "wasm-fetch", "wasm-compile", "session")
_FIRST_RUN = "first-run"
_LEVEL = 0.95


def studied_model(recording: Recording, *, stem: str, paper_class: str) -> StudiedModel:
    """From the recording alone, but for what only the study knows."""
    case, report = Case(recording), build(recording)
    found = ways(case)
    logs = case.get(studied)
    cold = next((one for one in report.cold.starts if one.cache == "cold"), None)
    square = lattice(logs, found) if found else Lattice(threads=None, simd=None, both=None, interaction=None)
    per_s = _per_s(logs, found.deployed) if found else None
    server = served_per_s(case)
    visits, disturbed_visits = disturbances(case)
    plan = plan_of(case, STUDY)
    return StudiedModel(
        model=report.model.name,
        stem=stem,
        paper_class=paper_class,
        status=report.status,
        status_why=report.status_why,
        browser=report.versions.get("browser", ""),
        gapprof_version=recording.begin.gapprof_version,
        recording_version=recording.begin.schema_version,
        failed_checks=tuple(check.text for check in report.checks if check.status == "fail"),
        cells=_cells(case, logs),
        native=_stages(
            cold, lambda row: row.native_ms, _ms(logs, found.native[found.cores] if found else None)
        ),
        web=_stages(cold, lambda row: row.web_ms, _ms(logs, found.deployed if found else None)),
        native_as_many_threads_ms=_ms(logs, found.native[page_threads(found.deployed)] if found else None),
        gap_one_thread=_ratio(logs, found, lambda w: (w.served[1], w.native[1])),
        gap_every_core=_ratio(logs, found, lambda w: (w.served[w.cores], w.native[w.cores])),
        gap_deployed=report.gap.ratio,
        threads_gain=_factor(square.threads),
        simd_gain=_factor(square.simd),
        both_gain=_factor(square.both),
        interaction=_factor(square.interaction),
        main_times=_ratio(logs, found, lambda w: (w.on_main[1], w.served[1])),
        kernels=_kernels(report.operators),
        memory_times=_times(report.memory, "web"),
        memory_page_times=_times(report.memory, "page"),
        memory_peak_times=_of_file(report.memory, report.memory.peak_held_bytes),
        native_memory_times=_times(report.memory, "native"),
        native_memory_peak_times=_of_file(report.memory, report.memory.native_peak_held_bytes),
        component_main_times=_felt(report, "components", "main"),
        component_worker_times=_felt(report, "components", "worker"),
        worker_times=_one_by_one(report),
        frames_main_times=_felt(report, "frame-p95", "main"),
        frames_worker_times=_felt(report, "frame-p95", "worker"),
        predictions_per_s=per_s,
        native_predictions_per_s=_exponential(list(server.values())) if server else None,
        clients_per_server=_factor(clients_per_server(case, logs, found.deployed)) if found else None,
        rounds=plan.rounds if plan else 0,
        visits=visits,
        disturbed_visits=disturbed_visits,
        missing=_missing(case, report, logs),
        why="" if found else report.status_why or "its run ended before the lattice",
    )


def _cells(case: Case, logs: CellLogs) -> tuple[CellFigure, ...]:
    plan = plan_of(case, STUDY)
    return tuple(
        CellFigure(
            cell=cell_id(one.cell),
            run_ms=geometric_mean_ms(logs[one.cell]) if one.cell in logs else None,
            why="" if one.cell in logs else why_without(case, STUDY, one.cell),
            side=one.cell.side,
            threads=one.cell.threads,
            where=one.cell.where,
            isolated=one.cell.isolated,
            build=one.cell.build,
            outputs=_outputs(case, one.cell),
        )
        for one in (plan.cells if plan else ())
    )


def _outputs(case: Case, cell: Cell) -> Literal["agree", "differ", "not-compared"]:
    found = compared_outputs(case, STUDY).get(cell)
    if found is None:
        return "not-compared"
    return "agree" if all(map(agrees, found.checks)) else "differ"


def _missing(case: Case, report: Report, logs: CellLogs) -> dict[str, str]:
    """Table → why there is no figure of this model, as its recording has it; only where there is a reason."""
    plan = plan_of(case, STUDY)
    if plan is None:
        lattice = _noted(case, "the study's lattice") or "its run ended before the lattice"
    else:
        without = [one.cell for one in plan.cells if one.cell not in logs]
        lattice = why_without(case, STUDY, without[0]) if without else ""
    told = {
        "stages": _noted(case, "--cold") or ("" if report.cold.starts else report.cold.why),
        "gap": lattice,
        "lattice": lattice,
        "operators": "" if report.operators else "no profile has its operators",
        "memory": _noted(case, "--memory") or ("" if report.memory.rows else report.memory.why),
        "felt": _noted(case, "--qoe") or ("" if report.qoe else "its run ended before"),
        "clients": _noted(case, "the study's server") or lattice,
    }
    return {table: why for table, why in told.items() if why}


def _noted(case: Case, about: str) -> str:
    """What stages wrote down of themselves."""
    return "; ".join(note.text for note in case.recording.of(Note) if note.text.startswith(about))


def _ratio(logs: CellLogs, found: Ways | None, of: Callable[[Ways], tuple[Cell, Cell]]) -> Estimate | None:
    return _factor(compared(logs, *of(found))) if found else None


def _factor(contrast: Contrast | None) -> Estimate | None:
    return factor_of(contrast) if contrast is not None else None


def _ms(logs: CellLogs, cell: Cell | None) -> Estimate | None:
    by_round = logs.get(cell) if cell is not None else None
    return geometric_mean_ms(by_round) if by_round else None


def _per_s(logs: CellLogs, cell: Cell) -> Estimate | None:
    by_round = logs.get(cell)
    return _exponential([math.log(1e3) - ln for ln in by_round.values()]) if by_round else None


def _exponential(logs: Sequence[float]) -> Estimate:
    return estimate(exponential(t_interval(logs, _LEVEL)))


def _stages(
    cold: ColdStart | None, of: Callable[[ColdStage], float | None], prediction: Estimate | None
) -> Stages:
    times = {row.stage: ms for row in (cold.rows if cold else ()) if (ms := of(row)) is not None}
    setup = [ms for stage, ms in times.items() if stage in _SETUP]
    return Stages(
        setup_ms=sum(setup) if setup else None,
        warmup_ms=times.get(_FIRST_RUN),
        prediction_ms=prediction,
        library_ms=times.get(_LIBRARY),
    )


def _kernels(operators: Sequence[OperatorRow]) -> tuple[KernelShare, ...]:
    """Kinds of operators by their share of all of these; copies, dispatch and a table's rest are none."""
    nodes = (row for row in operators if row.web_ms and row.op_type not in ("", OVERHEAD))
    rows = sorted(nodes, key=lambda row: row.op_type)
    whole = sum(row.web_ms or 0.0 for row in rows)
    sums = {kind: sum(row.web_ms or 0.0 for row in of) for kind, of in groupby(rows, lambda row: row.op_type)}
    largest = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:_KERNELS]
    return tuple(KernelShare(op_type=kind, share_of_web=ms / whole) for kind, ms in largest)


def _times(memory: Memory, of: Literal["web", "page", "native"]) -> float | None:
    """What is held at the end; `page`: all of the browser but what other processes than the page's do."""
    row = next((one for one in memory.rows if one.stage == "collected"), None)
    if row is None:
        return None
    if of == "native":
        return _of_file(memory, row.native_bytes)
    others = row.parts.get("browser-rest", 0.0) if of == "page" else 0.0
    return None if row.web_bytes is None else _of_file(memory, row.web_bytes - others)


def _of_file(memory: Memory, held: float | None) -> float | None:
    return held / memory.model_bytes if held is not None and memory.model_bytes else None


def _felt(report: Report, measure: str, where: str) -> Estimate | None:
    rows = report.qoe.rows if report.qoe else ()
    row = next((one for one in rows if one.id == measure), None)
    return None if row is None else row.main_times if where == "main" else row.worker_times


def _one_by_one(report: Report) -> dict[str, Estimate]:
    """What answers the page's user, beside a model in a worker: measure → times what it is at rest."""
    rows = report.qoe.rows if report.qoe else ()
    return {
        row.id: row.worker_times
        for row in rows
        if row.worker_times is not None
        if row.id in (CLICKS, STEPS) or row.id.startswith(COMPONENT)
    }
