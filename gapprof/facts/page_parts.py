"""What a page's own work costs a request, by what it is: a request waits for the main thread, its run waits
for a core that somebody else holds, collects garbage, or just takes longer. Pure.

How long requests wait and run is known from every timed round, with the page and without. What the main
thread did while they waited is known from traced passes, and is used as a share: a trace slows a page down. A
wait for a core is laid at the doors of those who were on the cores, by the CPU time that they used: nobody
can see who held which core at which moment without rights that a profiler of pages does not have. What is
lost to load from outside the browser is in no part, see `outside_load`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, get_args

from gapprof.facts.balance import Balance, balances
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.contention import QUIET
from gapprof.facts.holding import collecting_ms, holders
from gapprof.facts.kinds import Kind, kind_of
from gapprof.facts.ladder import target
from gapprof.facts.outside_load import LOST_NOTHING, Lost, lost_beyond_quiet
from gapprof.records.trial import Trace
from gapprof.stats.lmdi import log_mean

PartId = Literal["main-thread-work", "gc", "browser-threads", "other-tabs", "oversubscription", "slower-runs"]
PARTS: tuple[PartId, ...] = get_args(PartId)
"""In the order in which they stand between the quiet page and the page; what is left of waits comes last."""
_WAITED_FOR: tuple[PartId, ...] = ("main-thread-work", "gc")
"""On the main thread itself."""
_SMALLEST_MS = 0.05
"""Of waiting per request, in a trace: below it nobody can say what for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One traced pass, ms per request."""

    late_ms: float
    held_ms: Mapping[Kind, float]
    """What the main thread did meanwhile."""
    collecting_ms: float
    """Garbage collection inside of runs, on the thread that runs the model."""
    beside_ms: float
    """Garbage collection of the page's own workers meanwhile: nothing that a run waits for."""
    run_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PageParts:
    """Signed ms per request beyond what the quiet page, and load from outside, make of it."""

    by_round_ms: Mapping[int, Mapping[PartId, float]]
    by_pass_ms: Mapping[PartId, Mapping[int, float]]
    """Traced pass → what it alone says; parts that no trace is needed for are missing."""


def page_parts(case: Case, rung: str) -> PageParts | None:
    """Of a page beside the quiet one; None where a side was not measured, or nothing was traced."""
    quiet, page, passes = balances(case, QUIET), balances(case, rung), traced(case, rung)
    rounds = sorted(quiet.keys() & page.keys())
    if not rounds or not passes or target(case, rung) == target(case, QUIET):
        return None
    baseline_ms = fmean(one.late_ms for one in quiet.values())
    shares = {number: _shares(one, baseline_ms) for number, one in passes.items()}
    inside = {number: one.collecting_ms / one.run_ms for number, one in passes.items()}
    share: dict[PartId, float] = {
        part: fmean(one.get(part, 0.0) for one in shares.values()) for part in _WAITED_FOR
    }
    collecting, held_by = fmean(inside.values()), holders(case, rung)
    outside = lost_beyond_quiet(case, rung)
    by_round = {
        number: _parts(
            page[number],
            quiet[number],
            share,
            collecting,
            _in_the_browser(held_by.get(number, {})),
            outside.get(number, LOST_NOTHING),
        )
        for number in rounds
    }
    late_ms = fmean(page[n].late_ms - quiet[n].late_ms - outside.get(n, LOST_NOTHING).late_ms for n in rounds)
    run_ms = fmean(page[n].run_ms for n in rounds)
    return PageParts(
        by_round_ms=by_round,
        by_pass_ms={
            "main-thread-work": {n: late_ms * one.get("main-thread-work", 0.0) for n, one in shares.items()},
            "gc": {n: late_ms * one.get("gc", 0.0) + run_ms * inside[n] for n, one in shares.items()},
        },
    )


def log_parts(case: Case, parts: PageParts, rung: str) -> Mapping[int, Mapping[PartId, float]]:
    """The same as parts of ln(page / quiet page): ms over the logarithmic mean of both, round by round.

    So parts add up to the contrast whatever their order; see `stats.lmdi`.
    """
    cells = case.get(measured)
    quiet, page = cells.get(QUIET, {}), cells.get(rung, {})
    return {
        number: {part: ms / log_mean(page[number], quiet[number]) for part, ms in of_round.items()}
        for number, of_round in parts.by_round_ms.items()
        if number in quiet and number in page
    }


def traced(case: Case, rung: str) -> Mapping[int, Traced]:
    """Pass → what it says; passes without a request are left out."""
    shared = target(case, rung)
    return {
        trace.round: _traced(trace)
        for trace in case.recording.of(Trace)
        if trace.rung == shared and trace.runs_ms and trace.held
    }


def _traced(trace: Trace) -> Traced:
    count = len(trace.runs_ms)
    held: dict[Kind, float] = {}
    for piece in trace.held:
        kind = kind_of(piece.name, piece.detail)
        if kind is not None:
            held[kind] = held.get(kind, 0.0) + piece.wall_ms / count
    return Traced(
        late_ms=fmean(trace.requests_ms) - fmean(trace.runs_ms),
        held_ms=held,
        collecting_ms=sum(collecting_ms(trace.inside)) / count,
        beside_ms=sum(collecting_ms(trace.beside)) / count,
        run_ms=fmean(trace.runs_ms),
    )


def _shares(one: Traced, baseline_ms: float) -> Mapping[PartId, float]:
    """Of what requests wait longer than on the quiet page: how much is which work of the page."""
    told = sum(one.held_ms.values())
    whole = max(one.late_ms - baseline_ms, told)
    if whole < _SMALLEST_MS:
        return {}
    collecting = one.held_ms.get("garbage collection", 0.0)
    return {"main-thread-work": (told - collecting) / whole, "gc": collecting / whole}


def _parts(
    page: Balance,
    quiet: Balance,
    late_shares: Mapping[PartId, float],
    collecting: float,
    held_by: Mapping[str, float],
    outside: Lost,
) -> Mapping[PartId, float]:
    late_ms = page.late_ms - quiet.late_ms - outside.late_ms
    waiting_ms = page.run_queue_ms - quiet.run_queue_ms - outside.waiting_ms
    run_ms = page.run_ms - quiet.run_ms - outside.waiting_ms - outside.longer_ms
    collecting_ms = page.run_ms * collecting
    return {
        "main-thread-work": late_ms * late_shares["main-thread-work"] + waiting_ms * held_by.get("main", 0.0),
        "gc": late_ms * late_shares["gc"] + collecting_ms + waiting_ms * held_by.get("helpers", 0.0),
        "browser-threads": waiting_ms * held_by.get("browser", 0.0),
        "other-tabs": waiting_ms * held_by.get("tabs", 0.0),
        "oversubscription": waiting_ms * held_by.get("crew", 0.0),
        # Waits for a core that nobody was seen to hold are in no part.
        "slower-runs": run_ms - waiting_ms - collecting_ms,
    }


def _in_the_browser(held_by: Mapping[str, float]) -> Mapping[str, float]:
    """Of those alone the shares of what they held; empty where nobody of the browser was on the cores."""
    whole = 1 - held_by.get("outside", 0.0)
    if whole <= 0:
        return {}
    return {holder: share / whole for holder, share in held_by.items() if holder != "outside"}
