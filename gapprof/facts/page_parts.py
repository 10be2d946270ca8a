"""What a page's own work costs a request, by what it is: a request waits for the main thread, its run waits
for a core that somebody else holds, collects garbage, or just takes longer. Pure.

How long requests wait and run is known from every timed round, with the page and without. What the main
thread did while they waited is known from traced passes, and is used as a share: a trace slows a page down. A
wait for a core is laid at the doors of those who were on the cores, by the CPU time that they used: nobody
can see who held which core at which moment without rights that a profiler of pages does not have.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, get_args

from gapprof.facts.balance import Balance, balances, traces_that_tell
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.contention import trials_of
from gapprof.facts.core_holders import GROUPS, cpu_ms_of_holders
from gapprof.facts.kinds import Kind, kind_of
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import crew_of
from gapprof.records.trial import Load, Trace, TraceSlice
from gapprof.stats.lmdi import log_mean

PartId = Literal["main-thread-work", "gc", "browser-threads", "other-tabs", "oversubscription", "slower-runs"]
PARTS: tuple[PartId, ...] = get_args(PartId)
"""In the order in which they stand between the quiet page and the page; what is left of waits comes last."""
_WAITED_FOR: tuple[PartId, ...] = ("main-thread-work", "gc")
"""On the main thread itself."""
QUIET, DEPLOYED = "web-paced", "web"
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
    """Signed ms per request beyond what the quiet page makes of it."""

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
    by_round = {
        number: _parts(page[number], quiet[number], share, collecting, held_by.get(number, {}))
        for number in rounds
    }
    late_ms = fmean(page[n].late_ms - quiet[n].late_ms for n in rounds)
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
        collecting_ms=sum(_collecting(trace.inside)) / count,
        beside_ms=sum(_collecting(trace.beside)) / count,
        run_ms=fmean(trace.runs_ms),
    )


def _collecting(pieces: Iterable[TraceSlice]) -> Iterable[float]:
    return (piece.wall_ms for piece in pieces if kind_of(piece.name, piece.detail) == "garbage collection")


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
) -> Mapping[PartId, float]:
    late_ms = page.late_ms - quiet.late_ms
    waiting_ms = page.run_queue_ms - quiet.run_queue_ms
    collecting_ms = page.run_ms * collecting
    return {
        "main-thread-work": late_ms * late_shares["main-thread-work"] + waiting_ms * held_by.get("main", 0.0),
        "gc": late_ms * late_shares["gc"] + collecting_ms + waiting_ms * held_by.get("helpers", 0.0),
        "browser-threads": waiting_ms * held_by.get("browser", 0.0),
        "other-tabs": waiting_ms * held_by.get("tabs", 0.0),
        "oversubscription": waiting_ms * held_by.get("crew", 0.0),
        # Waits for a core that nobody of the browser held are in no part.
        "slower-runs": page.run_ms - quiet.run_ms - waiting_ms - collecting_ms,
    }


def holders(case: Case, rung: str) -> Mapping[int, Mapping[str, float]]:
    """Round → who was on the cores beside the model, by share of their CPU time."""
    cores = case.recording.begin.machine.usable_cores
    sums: dict[int, dict[str, float]] = {}
    by_trace = [trace.load for trace in traces_that_tell(case, rung)]
    for trial in trials_of(case, rung):
        here = sums.setdefault(trial.round, {})
        for load in by_trace or (trial.load,):
            for holder, cpu_ms in holding_ms(load, cores).items():
                here[holder] = here.get(holder, 0.0) + cpu_ms
    collecting = _collecting_share(case, rung)
    for here in sums.values():
        helping_ms = here.pop("helpers", 0.0)
        here["helpers"] = collecting * helping_ms
        here["browser"] = here.get("browser", 0.0) + (1 - collecting) * helping_ms
    return {
        number: {holder: cpu_ms / whole for holder, cpu_ms in here.items()}
        for number, here in sums.items()
        if (whole := math.fsum(here.values())) > 0
    }


def _collecting_share(case: Case, rung: str) -> float:
    """Of what helpers on the page's thread pool do; the rest is compiling, decoding and the like."""
    shared = target(case, rung)
    work = [
        piece
        for trace in case.recording.of(Trace)
        if trace.rung == shared
        for piece in trace.slices
        if piece.thread.startswith("ThreadPool")
    ]
    whole_ms = sum(piece.wall_ms for piece in work)
    return sum(_collecting(work)) / whole_ms if whole_ms > 0 else 0.0


def holding_ms(load: Load, cores: int) -> Mapping[str, float]:
    """CPU time of those who could hold a core that the model waits for.

    The model's own threads are in each other's way only as far as there are more of them than cores.
    """
    found: dict[str, float] = {}
    for holder, cpu_ms in cpu_ms_of_holders(load).items():
        found[GROUPS[holder]] = found.get(GROUPS[holder], 0.0) + cpu_ms
    crew = crew_of(load)
    if len(crew) > cores:
        found["crew"] = sum(use.cpu_ms for use in crew) * (len(crew) - cores) / len(crew)
    return found
