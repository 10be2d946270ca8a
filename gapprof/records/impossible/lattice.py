"""Cells of a lattice, and a server."""

from gapprof.records.bounds import LONGEST_MS, MOST, MOST_THREADS
from gapprof.records.impossible import Check
from gapprof.records.impossible.outputs import of_outputs
from gapprof.records.impossible.trial import of_failure, of_trial
from gapprof.records.lattice import CellOutputs, CellVisit, Combination, LatticePlan, Served
from gapprof.records.trial import Trial


def _of_plan(entry: LatticePlan) -> str:
    cells = [one.cell for one in entry.cells]
    if entry.deployed.side != "web" or cells.count(entry.deployed) != 1 or len(set(cells)) < len(cells):
        return "cells that are not each planned once, with the page as deployed among them"
    for count in (entry.cores, *(cell.threads for cell in cells)):
        if not 0 < count < MOST_THREADS:
            return f"cells of {count} threads or cores"
    return ""


def _of_combination(entry: Combination) -> str:
    sides = {entry.deployed.side, entry.together.side}
    known = len(set(entry.conditions)) == len(entry.conditions) >= 2
    if not known or sides != {"web"} or entry.deployed == entry.together or entry.rounds < 1:
        return "conditions that are not made all at once"
    for cell in (entry.deployed, entry.together):
        if not 0 < cell.threads < MOST_THREADS:
            return f"a combination with {cell.threads} threads"
    return ""


def _of_visit(entry: CellVisit) -> str:
    outcome = entry.outcome
    return of_trial(outcome) if isinstance(outcome, Trial) else of_failure(outcome)


def _of_outputs(entry: CellOutputs) -> str:
    return of_outputs(entry.checks)


def _of_server(entry: Served) -> str:
    """Only where it counts."""
    if entry.struck:
        return ""
    if not 0 < entry.runs_per_s < MOST:
        return f"{entry.runs_per_s:g} runs a second"
    if not 0 < entry.callers < MOST_THREADS:
        return f"a server of {entry.callers} callers"
    if entry.load is not None and not 0 < entry.load.wall_ms < LONGEST_MS:
        return f"a server that answered for {entry.load.wall_ms:g} ms"
    return ""


CHECKS = (
    Check(kind=LatticePlan, wrong=_of_plan),
    Check(kind=Combination, wrong=_of_combination),
    Check(kind=CellVisit, wrong=_of_visit),
    Check(kind=CellOutputs, wrong=_of_outputs),
    Check(kind=Served, wrong=_of_server),
)
