"""Who could hold a core that the model waits for, round by round, by the CPU time that they used. Pure."""

import math
from collections.abc import Iterable, Mapping

from gapprof.facts.balance import traces_that_tell
from gapprof.facts.case import Case
from gapprof.facts.contention import trials_of
from gapprof.facts.core_holders import GROUPS, cpu_ms_of_holders
from gapprof.facts.kinds import kind_of
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import crew_of
from gapprof.records.trial import Load, Trace, TraceSlice


def holders(case: Case, rung: str) -> Mapping[int, Mapping[str, float]]:
    """Round → who was on the cores beside the model, by share of their CPU time."""
    cores = case.recording.begin.machine.usable_cores
    sums: dict[int, dict[str, float]] = {}
    by_trace = [trace.load for trace in traces_that_tell(case, rung)]
    for trial in trials_of(case, rung):
        here = sums.setdefault(trial.round, {})
        for load in by_trace or (trial.load,):
            if not load.threads:  # nobody told: what programs outside had is a share of nothing
                continue
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
    return collecting_ms(work) / whole_ms if whole_ms > 0 else 0.0


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


def collecting_ms(pieces: Iterable[TraceSlice]) -> float:
    """Of traced work, all garbage collection."""
    return sum(piece.wall_ms for piece in pieces if kind_of(piece.name, piece.detail) == "garbage collection")
