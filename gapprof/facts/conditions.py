"""How much slower or faster a page would be under other conditions, as this run measured them. Pure."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType

from msgspec.structs import replace

from gapprof.facts.case import Case
from gapprof.facts.cells import figure_ms, measured
from gapprof.facts.contention import trials_of
from gapprof.facts.ladder import planned, target
from gapprof.facts.lattice import trials_in
from gapprof.facts.readings import read, same_trials
from gapprof.records.environment import Setting
from gapprof.records.lattice import Cell, Combination, Place
from gapprof.records.trial import Trial
from gapprof.stats.contrast import Contrast

DEPLOYED = "web"
STUDY = "reproduction"
_RUNGS: Mapping[str, str] = MappingProxyType(
    {
        "worker": "web-in-worker",
        "main": "web-on-main",
        "load": "web-busy",
        "devtools": "web-debugged",
        "isolated": "web-isolated",
        "threads": "web-threads",
        "unisolated": "web-unisolated",
    }
)
CONDITION_RUNGS = tuple(_RUNGS.values())
"""What has to be visited so that every condition is measured that makes sense for a page."""
_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "cold": "the first run",
        "creation": "the first run, with session creation",
        "worker": "in a worker",
        "main": "on the main thread",
        "load": "a busy page",
        "devtools": "DevTools open (its debugger is on)",
        "isolated": "cross-origin isolated",
        "threads": "isolated, with every core",
        "unisolated": "without cross-origin isolation",
    }
)
_INSTEAD = "a busy page instead of this one"
_APART: tuple[frozenset[str], ...] = (
    frozenset({"isolated", "threads", "unisolated"}),
    frozenset({"worker", "main"}),
    frozenset({"cold", "creation"}),
)
"""Conditions of which only one can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that may be otherwise where the page is used; `excludes` is what cannot hold beside it."""

    id: str
    title: str
    times: Contrast
    """ln of what a run takes then over what it takes as deployed."""

    @property
    def excludes(self) -> frozenset[str]:
        """Ids."""
        return frozenset().union(*(group for group in _APART if self.id in group)) - {self.id}


def conditions(case: Case) -> tuple[Condition, ...]:
    """Those that differ from what this run deployed, and that it measured."""
    return (
        *_cold(case),
        *(_between(case, "worker", DEPLOYED) or _between(case, "worker", "web-main", "web-graph")),
        *_between(case, "main", DEPLOYED),
        *_load(case),
        *_between(case, "devtools", "web-flags"),
        *_between(case, "isolated", DEPLOYED),
        *_between(case, "threads", DEPLOYED),
        *_between(case, "unisolated", DEPLOYED),
    )


def not_measured(case: Case) -> tuple[str, ...]:
    """Conditions that people meet, and that this run says nothing about, with the reason."""
    settings, known = case.recording.begin.settings, {one.id for one in case.get(conditions)}
    wanted = [
        *_FIRST,
        "worker" if settings.where == "main" else "main",
        *(["load"] if settings.page != "busy" else []),
        "devtools",
        "unisolated" if settings.isolation else "isolated",
    ]
    return tuple(_TITLES[id_] + _why(case, id_) for id_ in wanted if id_ not in known)


def together(case: Case, ids: Collection[str]) -> tuple[Cell, Cell] | None:
    """The page as deployed, and under all these conditions at once; None where it was never resolved."""
    steps = case.get(planned)
    page = steps[DEPLOYED].setting if DEPLOYED in steps else None
    if page is None:
        return None
    deployed = Cell(
        side="web",
        threads=page.threads,
        where=_place(page),
        isolated=page.isolated,
        build=page.build,
    )
    cell = deployed
    for id_ in ids:
        match id_:
            case "worker" | "main":
                cell = replace(cell, where=id_)
            case "load":
                cell = replace(cell, page="busy")
            case "devtools":
                cell = replace(cell, debugger=True)
            case "isolated" | "threads" | "unisolated":
                setting = steps[_RUNGS[id_]].setting
                if setting is not None:
                    cell = replace(cell, isolated=setting.isolated, threads=setting.threads)
            case _:  # what a visit begins with, which is no matter of its conditions
                pass
    return deployed, cell


def made_together(case: Case, plan: Combination) -> Contrast | None:
    """ln of what a run takes under all conditions at once over what it takes as deployed, by round."""
    visits = trials_in(case, STUDY, "verify")
    here, there = visits.get(plan.together, {}), visits.get(plan.deployed, {})
    figure = next((_FIRST[id_] for id_ in plan.conditions if id_ in _FIRST), figure_ms)
    times = {}
    for number in sorted(here.keys() & there.keys()):
        then, now = figure(here[number]), figure_ms(there[number])
        if then and now:
            times[number] = math.log(then) - math.log(now)
    return Contrast(times) if times else None


def first_run_ms(trial: Trial) -> float | None:
    """Of the session; None where nobody warmed up."""
    return trial.warmup_ms[0] if trial.warmup_ms and trial.warmup_ms[0] > 0 else None


def created_and_run_ms(trial: Trial) -> float | None:
    """The same with making the session before it, loading and compiling the wasm included; None where nobody
    timed that.
    """
    first_ms, create_ms = first_run_ms(trial), trial.cold_ms.get("create", 0.0)
    return first_ms + create_ms if first_ms and create_ms > 0 else None


_FIRST: Mapping[str, Callable[[Trial], float | None]] = MappingProxyType(
    {"cold": first_run_ms, "creation": created_and_run_ms}
)
"""Conditions that every visit begins with, and what is timed then."""


def steady(case: Case) -> Contrast | None:
    """ln(ms) as deployed, by round; None where it was not measured."""
    cells = case.get(measured).get(DEPLOYED, {})
    return Contrast({number: math.log(ms) for number, ms in cells.items()}) if cells else None


def _cold(case: Case) -> Iterator[Condition]:
    """What a session begins with over the steady runs, by round."""
    cells = case.get(measured).get(DEPLOYED, {})
    for id_, figure in _FIRST.items():
        first: dict[int, list[float]] = {}
        for trial in trials_of(case, DEPLOYED):
            ms = figure(trial)
            if ms is not None and trial.round in cells:
                first.setdefault(trial.round, []).append(ms)
        times = {number: math.log(fmean(ms) / cells[number]) for number, ms in sorted(first.items())}
        if times:
            yield Condition(id=id_, title=_TITLES[id_], times=Contrast(times))


def _load(case: Case) -> tuple[Condition, ...]:
    """The built-in busy page: beside a quiet one all that differs, else in the place of the user's."""
    page = case.recording.begin.settings.page
    if page == "busy":
        return ()
    if page == "quiet":
        return _between(case, "load", "web-paced")
    return tuple(
        Condition(id=one.id, title=_INSTEAD, times=one.times) for one in _between(case, "load", DEPLOYED)
    )


def _between(case: Case, id_: str, source: str, to: str = "") -> tuple[Condition, ...]:
    """From one rung to another, where these are two environments and both were measured."""
    steps, to = case.get(planned), to or _RUNGS[id_]
    if source not in steps or to not in steps or same_trials(case, source, to):
        return ()
    cells = case.get(measured)
    if target(case, source) not in cells or target(case, to) not in cells:
        return ()
    found = read(case, {source: -1.0, to: 1.0})
    if found is None or not found.by_round:
        return ()
    return (Condition(id=id_, title=_TITLES[id_], times=found),)


def _why(case: Case, id_: str) -> str:
    step = case.get(planned).get(_RUNGS.get(id_, ""))
    return f" ({step.refusal})" if step is not None and step.refusal else ""


def _place(page: Setting) -> Place:
    return "worker" if page.where == "worker" else "main"
