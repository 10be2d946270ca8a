"""One model's row in a study. Pure."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby

from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.estimates import estimate, factor_of, geometric_mean_ms
from gapprof.facts.lattice import CellLogs, cell_id, over, plan_of, why_without
from gapprof.facts.paper import class_of
from gapprof.facts.studied import STUDY, Lattice, Ways, lattice, studied, ways
from gapprof.records.lattice import Cell
from gapprof.records.recording import Recording
from gapprof.records.report import ColdStart, Estimate, Memory, OperatorRow, Report
from gapprof.records.study import CellFigure, KernelShare, Stages, StudiedModel
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import exponential, t_interval

_KERNELS = 3
_BEFORE_SETUP = ("page", "process")
_FIRST_RUN = "first-run"
_LEVEL = 0.95


def studied_model(recording: Recording) -> StudiedModel:
    """From the recording alone."""
    case, report = Case(recording), build(recording)
    found = ways(case)
    logs = case.get(studied)
    cold = next((one for one in report.cold.starts if one.cache == "cold"), None)
    square = lattice(logs, found) if found else Lattice(threads=None, simd=None, both=None, interaction=None)
    per_s = _per_s(logs, found.deployed) if found else None
    native_per_s = _per_s(logs, found.native[found.cores]) if found else None
    return StudiedModel(
        model=report.model.name,
        paper_class=class_of(report.model.name),
        status=report.status,
        cells=_cells(case, logs),
        native=_stages(cold, lambda row: row.native_ms, report.latency_ms.native),
        web=_stages(cold, lambda row: row.web_ms, report.latency_ms.web),
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
        memory_peak_times=_peak_times(report.memory),
        native_memory_times=_times(report.memory, "native"),
        component_main_times=_felt(report, "components", "main"),
        component_worker_times=_felt(report, "components", "worker"),
        frames_main_times=_felt(report, "frame-p95", "main"),
        frames_worker_times=_felt(report, "frame-p95", "worker"),
        predictions_per_s=per_s,
        native_predictions_per_s=native_per_s,
        clients_per_server=_ratio(logs, found, lambda w: (w.deployed, w.native[w.cores])),
        why="" if found else report.status_why or "its run ended before the lattice",
    )


def _cells(case: Case, logs: CellLogs) -> tuple[CellFigure, ...]:
    plan = plan_of(case, STUDY)
    return tuple(
        CellFigure(
            cell=cell_id(one.cell),
            run_ms=geometric_mean_ms(logs[one.cell]) if one.cell in logs else None,
            why="" if one.cell in logs else why_without(case, STUDY, one.cell),
        )
        for one in (plan.cells if plan else ())
    )


def _ratio(logs: CellLogs, found: Ways | None, of: Callable[[Ways], tuple[Cell, Cell]]) -> Estimate | None:
    return _factor(over(logs, *of(found))) if found else None


def _factor(contrast: Contrast | None) -> Estimate | None:
    return factor_of(contrast) if contrast is not None else None


def _per_s(logs: CellLogs, cell: Cell) -> Estimate | None:
    by_round = logs.get(cell)
    if not by_round:
        return None
    return estimate(exponential(t_interval([math.log(1e3) - ln for ln in by_round.values()], _LEVEL)))


def _stages(cold: ColdStart | None, of: Callable[..., float | None], latency: Estimate | None) -> Stages:
    times = {row.stage: ms for row in (cold.rows if cold else ()) if (ms := of(row)) is not None}
    setup = [ms for stage, ms in times.items() if stage not in (*_BEFORE_SETUP, _FIRST_RUN)]
    return Stages(
        setup_ms=sum(setup) if setup else None,
        warmup_ms=times.get(_FIRST_RUN),
        prediction_ms=latency.point if latency else None,
    )


def _kernels(operators: Sequence[OperatorRow]) -> tuple[KernelShare, ...]:
    """Kinds of operators by their share of all of these; a row of its own for each of the largest."""
    rows = sorted((row for row in operators if row.web_ms and row.op_type), key=lambda row: row.op_type)
    whole = sum(row.web_ms or 0.0 for row in rows)
    sums = {kind: sum(row.web_ms or 0.0 for row in of) for kind, of in groupby(rows, lambda row: row.op_type)}
    largest = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:_KERNELS]
    return tuple(KernelShare(op_type=kind, share_of_web=ms / whole) for kind, ms in largest)


def _times(memory: Memory, side: str) -> float | None:
    row = next((one for one in memory.rows if one.stage == "collected"), None)
    held = None if row is None else row.web_bytes if side == "web" else row.native_bytes
    return held / memory.model_bytes if held is not None and memory.model_bytes else None


def _peak_times(memory: Memory) -> float | None:
    peak = memory.peak_bytes
    return peak / memory.model_bytes if peak is not None and memory.model_bytes else None


def _felt(report: Report, measure: str, where: str) -> Estimate | None:
    rows = report.qoe.rows if report.qoe else ()
    row = next((one for one in rows if one.id == measure), None)
    return None if row is None else row.main_times if where == "main" else row.worker_times
