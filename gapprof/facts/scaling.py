"""How a model scales with threads, places and isolation, and which of them a page should choose. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.lattice import CellLogs, log_cpu_ms, log_ms, over, plan_of, trials_in
from gapprof.records.lattice import Cell, LatticePlan
from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import contrast_interval
from gapprof.stats.verdict import simultaneous_level, verdict

STUDY = "scaling"
WORTH_THE_MAIN_THREAD = math.log(1.05)
"""The main thread has to be this much faster than a worker, which leaves it to the page."""
Figure = Literal["latency", "cpu"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two cells that differ in one thing, or in the number of threads."""

    id: str
    figure: Figure
    cell: Cell
    other: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a page's owner should change, and ln of how many times faster the page was seen to be so."""

    cell: Cell
    gain: Contrast


def explored(case: Case) -> CellLogs:
    """ln(latency in ms) of every cell that was visited while all were."""
    return log_ms(trials_in(case, STUDY, "explore"))


def explored_cpu(case: Case) -> CellLogs:
    """ln(CPU time per run in ms), the same."""
    return log_cpu_ms(trials_in(case, STUDY, "explore"))


def verified(case: Case) -> CellLogs:
    """ln(latency in ms) of the two cells that were visited after the choice."""
    return log_ms(trials_in(case, STUDY, "verify"))


def one_thread(cell: Cell, plan: LatticePlan) -> Cell | None:
    """The cell that a point of a thread curve is held against; None for a cell that is on no curve."""
    first = replace(cell, threads=1)
    curves = (Cell(side="native", threads=1), replace(plan.deployed, threads=1, isolated=True))
    return first if first in curves else None


def pairs(plan: LatticePlan) -> Iterator[Pair]:
    """Every comparison of two cells that a report is to make, whether or not they were visited."""
    page, cores = plan.deployed, plan.cores
    isolated = replace(page, isolated=True)
    for every_core in (Cell(side="native", threads=cores), replace(isolated, threads=cores)):
        twice = replace(every_core, threads=2 * cores)
        yield Pair(id="oversubscription", figure="latency", cell=twice, other=every_core)
        if cores > 1:
            spinning, still = (replace(every_core, spinning=one) for one in ("on", "off"))
            yield Pair(id="spinning", figure="latency", cell=spinning, other=still)
            yield Pair(id="spinning", figure="cpu", cell=spinning, other=still)
    main = replace(page, where="main")
    for where in ("worker", "proxy"):
        yield Pair(id=where, figure="latency", cell=replace(page, where=where), other=main)
    asked = replace(isolated, threads=page.threads if page.threads > 1 else cores)
    yield Pair(id="no-isolation", figure="latency", cell=replace(asked, isolated=False), other=asked)


def candidates(plan: LatticePlan) -> tuple[Cell, ...]:
    """What a page's owner can change: threads up to the cores, the place, isolation."""
    return tuple(
        one.cell
        for one in plan.cells
        if one.cell.side == "web"
        and one.cell.threads <= plan.cores
        and (one.cell.spinning, one.cell.build) == (plan.deployed.spinning, plan.deployed.build)
        and one.cell != plan.deployed
        and not one.refusal
    )


def chosen(case: Case) -> Choice | None:
    """The fastest cell that beats the page as deployed beyond doubt, all candidates being doubted together.

    The fastest of many looks faster than it is: what it gains is to be measured again.
    """
    plan = plan_of(case, STUDY)
    if plan is None:
        return None
    logs = case.get(explored)
    against = {
        cell: contrast
        for cell in candidates(plan)
        if (contrast := over(logs, cell, plan.deployed)) is not None
    }
    level = simultaneous_level(len(against))
    faster = {
        cell: contrast.mean
        for cell, contrast in against.items()
        if verdict(contrast_interval(contrast, level)) == "saves"
    }
    best = _preferred(faster, plan.deployed) if faster else plan.deployed
    if best == plan.deployed:
        return None
    return Choice(
        cell=best, gain=Contrast({number: -value for number, value in against[best].by_round.items()})
    )


def _preferred(faster: Mapping[Cell, float], deployed: Cell) -> Cell:
    """The fastest one; in the place of one on the main thread, one elsewhere that is nearly as fast.

    That may be the page as it is.
    """
    best = min(faster, key=lambda cell: faster[cell])
    if best.where != "main":
        return best
    elsewhere = {cell: ln for cell, ln in {**faster, deployed: 0.0}.items() if cell.where != "main"}
    beside = min(elsewhere, key=lambda cell: elsewhere[cell]) if elsewhere else None
    if beside is None or elsewhere[beside] - faster[best] >= WORTH_THE_MAIN_THREAD:
        return best
    return beside
