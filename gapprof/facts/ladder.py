"""The ladder as this run resolved it: aliases, refusals, the order of the main chain."""

from collections.abc import Mapping

from gapprof.facts.case import Case
from gapprof.records.recording import PlannedRung
from gapprof.records.trial import Failure, Trial

NATIVE, WEB = "native", "web"
"""Where every ladder begins and ends; see `ends`."""
_NATIVE_SIDE = ("native", "dawn")
"""Backends without a browser."""


def planned(case: Case) -> Mapping[str, PlannedRung]:
    """Rung id → step; empty before the preflight."""
    preflight = case.recording.preflight
    return {step.rung.id: step for step in preflight.ladder} if preflight else {}


def target(case: Case, rung: str) -> str:
    """The rung whose trials this one shares; itself unless it is an alias."""
    steps = case.get(planned)
    seen = {rung}
    while rung in steps and (alias := steps[rung].alias_of) is not None:
        if alias in seen:
            raise ValueError(f"the ladder of this recording turns in a circle at {alias}")
        seen.add(alias)
        rung = alias
    return rung


def nominal_chain(case: Case) -> tuple[str, ...]:
    """Main rungs from the first to the last, whether or not this machine could give them."""
    steps = case.get(planned)
    main = [rung for rung, step in steps.items() if step.rung.role == "main"]
    return tuple(sorted(main, key=lambda rung: _depth(steps, rung)))


def ends(case: Case) -> tuple[str, str]:
    """The rungs that the gap lies between, whatever the ladder between them."""
    steps = case.get(planned)
    there = [rung for rung in case.get(nominal_chain) if steps[rung].refusal is None]
    able = [rung for rung in there if not _tried_in_vain(case, steps[rung])]
    firsts = (rungs[0] for rungs in (able, there) if rungs)
    return next((first for first in firsts if steps[first].rung.may_begin), NATIVE), WEB


def begins_late(case: Case) -> bool:
    """Whether the chain begins behind native, which this machine refused: then there is no gap to native."""
    return case.get(ends)[0] != NATIVE


def square(case: Case) -> tuple[str, ...]:
    """Corners of the layout x instructions square that the chain goes around."""
    return tuple(rung for rung, step in case.get(planned).items() if step.rung.role == "square")


def is_native(case: Case, rung: str) -> bool:
    """Which side of the ladder a rung is on; computed rungs are named after theirs."""
    step = case.get(planned).get(rung)
    return step.rung.environment.backend in _NATIVE_SIDE if step else rung.startswith("native")


def _tried_in_vain(case: Case, step: PlannedRung) -> bool:
    """Whether no visit in any round brought a figure that counts, of a rung that another may begin for."""
    if not step.rung.may_begin:
        return False
    shared = step.alias_of or step.rung.id
    trials = [one for one in case.recording.of(Trial) if one.rung == shared and one.round >= 0]
    failed = any(one.rung == shared and one.round >= 0 for one in case.recording.of(Failure))
    return (failed or bool(trials)) and all(one.struck for one in trials)


def _depth(steps: Mapping[str, PlannedRung], rung: str) -> int:
    depth = 0
    parent = steps[rung].rung.derived_from
    while parent is not None and parent in steps and depth <= len(steps):
        depth, parent = depth + 1, steps[parent].rung.derived_from
    return depth
