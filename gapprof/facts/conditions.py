"""How much slower or faster a page would be under other conditions, as this run measured them. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.contention import trials_of
from gapprof.facts.ladder import planned, target
from gapprof.facts.readings import read, same_trials
from gapprof.stats.contrast import Contrast

DEPLOYED = "web"
_FIRST, _IN_WORKER, _BUSY = "the first run", "in a worker", "a busy page"
_DEVTOOLS, _ISOLATED = "DevTools open (wasm in the baseline tier)", "cross-origin isolated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that may be otherwise where the page is used; `excludes` is what cannot hold beside it."""

    id: str
    title: str
    times: Contrast
    """ln of what a run takes then over what it takes as deployed."""
    excludes: frozenset[str] = frozenset()


def conditions(case: Case) -> tuple[Condition, ...]:
    """Those that differ from what this run deployed, and that it measured."""
    return (*_cold(case), *_where(case), *_load(case), *_devtools(case), *_isolation(case))


def not_measured(case: Case) -> tuple[str, ...]:
    """Conditions that people meet, and that this run says nothing about."""
    settings, known = case.recording.begin.settings, {one.id for one in case.get(conditions)}
    wanted = {
        "cold": _FIRST,
        "worker" if settings.where == "main" else "main": (
            _IN_WORKER if settings.where == "main" else "on the main thread"
        ),
        "load": _BUSY,
        "devtools": _DEVTOOLS,
        "unisolated" if settings.isolation else "isolated": (
            "without cross-origin isolation" if settings.isolation else _ISOLATED
        ),
    }
    return tuple(title for id_, title in wanted.items() if id_ not in known)


def _cold(case: Case) -> Iterator[Condition]:
    """The first run of a session over the steady ones, by round."""
    cells = case.get(measured).get(DEPLOYED, {})
    first: dict[int, list[float]] = {}
    for trial in trials_of(case, DEPLOYED):
        if trial.warmup_ms and trial.round in cells:
            first.setdefault(trial.round, []).append(trial.warmup_ms[0])
    times = {number: math.log(fmean(ms) / cells[number]) for number, ms in sorted(first.items())}
    if times:
        yield Condition(id="cold", title=_FIRST, times=Contrast(times))


def _where(case: Case) -> Iterator[Condition]:
    if case.recording.begin.settings.where == "main":
        yield from _between(case, "web-main", "web-graph", id_="worker", title=_IN_WORKER)


def _load(case: Case) -> Iterator[Condition]:
    yield from _between(case, "web-paced", "web-busy", id_="load", title=_BUSY)


def _devtools(case: Case) -> Iterator[Condition]:
    """An open debugger keeps wasm in V8's baseline tier."""
    yield from _between(case, "web-worker", "web-baseline", id_="devtools", title=_DEVTOOLS)


def _isolation(case: Case) -> Iterator[Condition]:
    both = frozenset({"isolated", "threads"})
    yield from _between(case, DEPLOYED, "web-isolated", id_="isolated", title=_ISOLATED, excludes=both)
    title = "isolated, with every core"
    yield from _between(case, DEPLOYED, "web-threads", id_="threads", title=title, excludes=both)


def _between(
    case: Case, source: str, to: str, *, id_: str, title: str, excludes: frozenset[str] = frozenset()
) -> Iterator[Condition]:
    """From one rung to another, where these are two environments and both were measured."""
    steps = case.get(planned)
    if source not in steps or to not in steps or same_trials(case, source, to):
        return
    cells = case.get(measured)
    if target(case, source) not in cells or target(case, to) not in cells:
        return
    found = read(case, {source: -1.0, to: 1.0})
    if found is not None and found.by_round:
        yield Condition(id=id_, title=title, times=found, excludes=excludes - {id_})


def steady(case: Case) -> Contrast | None:
    """ln(ms) as deployed, by round; None where it was not measured."""
    cells = case.get(measured).get(DEPLOYED, {})
    return Contrast({number: math.log(ms) for number, ms in cells.items()}) if cells else None
