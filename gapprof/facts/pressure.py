"""What hot functions lose that need more vectors at once than the engine has registers. Pure.

For functions that do not fit: the engine's factor on the library's own code (the transplant), over its factor
on loops that fit (the twins). How many vectors a function needs is read off its code.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.transplant import FunctionFactor, engine_by_twins, transplanted
from gapprof.records.transplant import TransplantPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """Functions by whether they fit."""

    registers: int
    beyond: tuple[FunctionFactor, ...]
    within: tuple[FunctionFactor, ...]
    shares: tuple[float, ...]
    """Of the time that wasm takes, round by round: what is lost in those beyond; signed."""


def pressure(case: Case) -> Pressure | None:
    """None where no twins or no replays say how the engine does otherwise, or nobody counted vectors."""
    plan = next(case.recording.of(TransplantPlan), None)
    found, fitting = case.get(transplanted), case.get(engine_by_twins)
    if plan is None or found is None or fitting is None or not plan.vector_registers:
        return None
    # What replays in other times than the run's says nothing of the run.
    told = [one for one in found.functions if one.like_the_run]
    beyond = tuple(one for one in told if one.hot.vectors_at_once > plan.vector_registers)
    return Pressure(
        registers=plan.vector_registers,
        beyond=beyond,
        within=tuple(one for one in told if one not in beyond),
        shares=_lost(beyond, fitting.values, found.factor.by_round),
    )


def _lost(
    beyond: tuple[FunctionFactor, ...], fitting: tuple[float, ...], rounds: Iterable[int]
) -> tuple[float, ...]:
    """Each method has rounds of its own, so that they are paired as they come: neither knows of the other."""
    return tuple(
        math.fsum(one.share * (1 - math.exp(loops - one.factor.by_round[number])) for one in beyond)
        for number, loops in zip(sorted(rounds), fitting, strict=False)
    )
