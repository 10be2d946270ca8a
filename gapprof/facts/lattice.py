"""Cells of a study: one figure per cell and round, and ratios between cells."""

import math
from collections.abc import Callable, Mapping

from gapprof.facts.agreement import agrees, difference, quantised
from gapprof.facts.case import Case
from gapprof.facts.cells import figure_ms
from gapprof.records.lattice import Cell, CellOutputs, CellVisit, Kind, LatticePlan
from gapprof.records.model import ModelFacts
from gapprof.records.trial import Failure, Trial
from gapprof.stats.contrast import Contrast

CellLogs = Mapping[Cell, Mapping[int, float]]
"""Cell → round → ln of a figure."""


def plan_of(case: Case, study: str) -> LatticePlan | None:
    """What a study set out to visit; None where nobody asked for it."""
    return next((one for one in case.recording.of(LatticePlan) if one.study == study), None)


def cell_id(cell: Cell) -> str:
    """`native-2t`, `web-2t-main`, `web-1t-main-not-isolated`, `native-2t-spin-off`: for machines."""
    words = [cell.side, f"{cell.threads}t"]
    if cell.side == "web":
        words.append(cell.where)
        if not cell.isolated:
            words.append("not-isolated")
        if cell.build != "served":
            words.append(cell.build)
    words += [word.lstrip("-") for word in (cell.page, *cell.js_flags) if word]
    if cell.debugger:
        words.append("debugger")
    if cell.spinning != "default":
        words.append(f"spin-{cell.spinning}")
    return "-".join(words)


def trials_in(case: Case, study: str, kind: Kind) -> Mapping[Cell, Mapping[int, Trial]]:
    """Of each cell and round the first attempt that counts; none of a cell whose outputs forbid it."""
    refused = {one for one in _visited(case, study) if outputs_against(case, study, one)}
    found: dict[Cell, dict[int, Trial]] = {}
    for visit in sorted(_visits(case, study, kind), key=lambda visit: (visit.round, visit.attempt)):
        trial = visit.outcome
        if visit.cell in refused:
            continue
        if isinstance(trial, Trial) and not trial.struck and figure_ms(trial) is not None:
            found.setdefault(visit.cell, {}).setdefault(visit.round, trial)
    return found


def why_without(case: Case, study: str, cell: Cell) -> str:
    """What was said about a cell that has no figure: its refusal, its last failure, what struck it, or what
    it computed."""
    plan = plan_of(case, study)
    refusal = next((one.refusal for one in plan.cells if one.cell == cell), "") if plan else ""
    last = next((one for one in reversed(_visits(case, study, "explore")) if one.cell == cell), None)
    match last.outcome if last else None:
        case Failure() as failure:
            return refusal or failure.message
        case Trial() as trial:
            return refusal or outputs_against(case, study, cell) or "; ".join(trial.struck)
        case None:
            return refusal or "it was not visited"


def compared_outputs(case: Case, study: str) -> Mapping[Cell, CellOutputs]:
    """What cells computed, by cell."""
    return {one.cell: one for one in case.recording.of(CellOutputs) if one.study == study}


def outputs_against(case: Case, study: str, cell: Cell) -> str:
    """Why a cell's outputs forbid its times to count; empty where they do not, or none was to be compared."""
    found = compared_outputs(case, study).get(cell)
    if found is None:
        plan = plan_of(case, study)
        expected = plan is not None and plan.reference
        return "what it computes was not compared with native's" if expected else ""
    if counts_as_same(case.recording.begin.model, found):
        return ""
    return f"it computes something else: {difference(next(one for one in found.checks if not agrees(one)))}"


def counts_as_same(model: ModelFacts, found: CellOutputs) -> bool:
    """Whether a cell's times may count. A native one's do in any case with 8-bit weights, which saturate in
    AVX2's and plain AVX-512's kernels and not in the reference's: so it is on the ladder."""
    return all(map(agrees, found.checks)) or (found.cell.side == "native" and quantised(model))


def log_ms(trials: Mapping[Cell, Mapping[int, Trial]]) -> CellLogs:
    """Latencies: requests in the page, runs natively."""
    return _logs(trials, figure_ms)


def log_cpu_ms(trials: Mapping[Cell, Mapping[int, Trial]]) -> CellLogs:
    """CPU time for each run."""
    return _logs(trials, cpu_ms_per_run)


def cpu_ms_per_run(trial: Trial) -> float | None:
    """Of all threads of the process that has the model, what they do between runs included.

    None where the system does not say.
    """
    if trial.timed_cpu_ms is not None:
        spent_ms = trial.timed_cpu_ms
    else:
        spent_ms = math.fsum(use.cpu_ms for use in trial.load.threads if use.process == "renderer")
    runs = len(trial.requests_ms) or trial.batch * (len(trial.samples_ms) + 1)  # one batch is not timed
    return spent_ms / runs if spent_ms > 0 and math.isfinite(spent_ms) else None


def over(logs: CellLogs, cell: Cell, other: Cell) -> Contrast | None:
    """ln of how many times as much `cell` takes, over the rounds that have both; None without any."""
    here, there = logs.get(cell, {}), logs.get(other, {})
    shared = sorted(here.keys() & there.keys())
    return Contrast({number: here[number] - there[number] for number in shared}) if shared else None


def _visited(case: Case, study: str) -> frozenset[Cell]:
    return frozenset(one.cell for one in case.recording.of(CellVisit) if one.study == study)


def _visits(case: Case, study: str, kind: Kind) -> list[CellVisit]:
    return [one for one in case.recording.of(CellVisit) if (one.study, one.kind) == (study, kind)]


def _logs(
    trials: Mapping[Cell, Mapping[int, Trial]], figure: Callable[[Trial], float | None]
) -> dict[Cell, dict[int, float]]:
    found: dict[Cell, dict[int, float]] = {}
    for cell, by_round in trials.items():
        for number, trial in by_round.items():
            value = figure(trial)
            if value is not None:
                found.setdefault(cell, {})[number] = math.log(value)
    return found
