"""What hot functions lose that need more vectors at once than the engine has registers. Pure.

For functions that do not fit: the engine's factor on the library's own code (the transplant), over its factor
on loops that fit (the twins). How many vectors a function needs is read off its code.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.missing_kernels import missing_kernels
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.split import split
from gapprof.facts.transplant import FunctionFactor, engine_by_twins, transplanted
from gapprof.records.transplant import TransplantPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """Functions by whether they fit."""

    registers: int
    beyond: tuple[FunctionFactor, ...]
    within: tuple[FunctionFactor, ...]
    shares: tuple[float, ...]
    """Of the kernels' time, round by round: what is lost in those beyond, as far as nodes have twins and
    kernels; signed."""


def pressure(case: Case) -> Pressure | None:
    """None where no twins or no replays say how the engine does otherwise, or nobody counted vectors."""
    plan = next(case.recording.of(TransplantPlan), None)
    found, fitting = case.get(transplanted), case.get(engine_by_twins)
    if plan is None or found is None or fitting is None or not plan.vector_registers:
        return None
    # What replays in other times than the run's says nothing of the run.
    told = [one for one in found.functions if one.like_the_run]
    part = _part(case)
    beyond = tuple(one for one in told if one.hot.vectors_at_once > plan.vector_registers)
    return Pressure(
        registers=plan.vector_registers,
        beyond=beyond,
        within=tuple(one for one in told if one not in beyond),
        shares=tuple(part * share for share in _lost(beyond, fitting.values, found.factor.by_round)),
    )


def _part(case: Case) -> float:
    """How much of the kernels' time is of nodes that the rungs around this one are about.

    Nodes without a twin have been taken off before, and those without a kernel are taken off next. Which of
    them a function worked for is not asked: it counts for all alike.
    """
    parts, web, missing = case.get(split), profile_of(case, WEB), case.get(missing_kernels)
    if parts is None or web is None or web.kernels_ms <= 0:
        return 0.0
    lacking = {node.name for node in missing.nodes} if missing is not None else set[str]()
    return math.fsum(web.nodes[n.name].ms for n in parts.nodes if n.name not in lacking) / web.kernels_ms


def _lost(
    beyond: tuple[FunctionFactor, ...], fitting: tuple[float, ...], rounds: Iterable[int]
) -> tuple[float, ...]:
    """Each method has rounds of its own, so that they are paired as they come: neither knows of the other."""
    return tuple(
        math.fsum(one.share * (1 - math.exp(loops - one.factor.by_round[number])) for one in beyond)
        for number, loops in zip(sorted(rounds), fitting, strict=False)
    )
