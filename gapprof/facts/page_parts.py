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
from gapprof.facts.outside_load import NOTHING, Lost, lost_beyond_quiet
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
    outside = lost_beyond_quiet(case, rung)
    beyond_it = outside or dict.fromkeys(page, NOTHING)
    rounds = sorted(quiet.keys() & page.keys() & beyond_it.keys())
    if not rounds or not passes or target(case, rung) == target(case, QUIET):
        return None
    baseline_ms = fmean(one.late_ms for one in quiet.values())
    shares = {number: _shares(one, baseline_ms) for number, one in passes.items()}
    inside = {number: one.collecting_ms / one.run_ms for number, one in passes.items()}
    share: dict[PartId, float] = {
        part: fmean(one.get(part, 0.0) for one in shares.values()) for part in _WAITED_FOR
    }
    collecting = fmean(inside.values())
    waits = _waits_beside_outside(case, rung, quiet, page) if outside else _waits(case, rung, quiet, page)
    by_round = {
        number: _parts(page[number], quiet[number], share, collecting, waits[number], beyond_it[number])
        for number in rounds
    }
    late_ms = fmean(page[n].late_ms - quiet[n].late_ms - beyond_it[n].late_ms for n in rounds)
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
        collecting_ms=collecting_ms(trace.inside) / count,
        beside_ms=collecting_ms(trace.beside) / count,
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
    waits_ms: Mapping[str, float],
    outside: Lost,
) -> Mapping[PartId, float]:
    late_ms = page.late_ms - quiet.late_ms - outside.late_ms
    at_work_ms = page.run_ms - page.run_queue_ms - (quiet.run_ms - quiet.run_queue_ms) - outside.longer_ms
    collecting_ms = page.run_ms * collecting
    return {
        "main-thread-work": late_ms * late_shares["main-thread-work"] + waits_ms.get("main", 0.0),
        "gc": late_ms * late_shares["gc"] + collecting_ms + waits_ms.get("helpers", 0.0),
        "browser-threads": waits_ms.get("browser", 0.0),
        "other-tabs": waits_ms.get("tabs", 0.0),
        "oversubscription": waits_ms.get("crew", 0.0),
        # Waits for a core that nobody was seen to hold are in no part.
        "slower-runs": at_work_ms - collecting_ms,
    }


def _waits(
    case: Case, rung: str, quiet: Mapping[int, Balance], page: Mapping[int, Balance]
) -> Mapping[int, Mapping[str, float]]:
    """Round → holder → for how much longer than on the quiet page a run waits for a core that it held, ms."""
    held_by = holders(case, rung)
    return {
        number: {
            holder: (page[number].run_queue_ms - quiet[number].run_queue_ms) * share
            for holder, share in held_by.get(number, {}).items()
        }
        for number in quiet.keys() & page.keys()
    }


def _waits_beside_outside(
    case: Case, rung: str, quiet: Mapping[int, Balance], page: Mapping[int, Balance]
) -> Mapping[int, Mapping[str, float]]:
    """The same where load from outside is apart: what is left of waits on either page, by which of the others
    held cores. So a trace, which tells more waits than the kernel does, lays no more of them at their door
    than their share."""
    on_quiet, on_page = holders(case, QUIET), holders(case, rung)
    found = {}
    for number in quiet.keys() & page.keys():
        left = 1 - on_page.get(number, {}).get("outside", 0.0)
        left_quiet = 1 - on_quiet.get(number, {}).get("outside", 0.0)
        longer_ms = left * page[number].run_queue_ms - left_quiet * quiet[number].run_queue_ms
        found[number] = {
            holder: longer_ms * share / left
            for holder, share in on_page.get(number, {}).items()
            if holder != "outside" and left > 0
        }
    return found
