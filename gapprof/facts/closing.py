"""What was measured twice in a visit of the browser: how far the scheduler's figures are from the clocks, and
from what threads were seen to do. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.ladder import planned
from gapprof.facts.model_threads import WORKER, inference_of, inferences
from gapprof.records.trial import Load, ThreadBalance, ThreadUse, Trace, Trial

CLOSES = 0.02
"""How far on-CPU + run queue + blocked may be from wall time, as a share of it."""
LEAST_MS = 500.0
"""Of a stretch that can tell: what a hypervisor took is counted in ticks of 10 ms, the kernel sums up what
a thread has run at ticks of up to 4 ms, a worker takes 2 ms to hear of its task and to answer (measured)."""
LEAST_LOOKS = 0.5
"""Per ms, at a thread's state; whoever looks has to wait for a core as well, and on a machine that is full he
sees too little to hold anything to 2 %."""
MOST_LATE = 2 * CLOSES
"""Of all time, by which looks may come late: of that, up to half goes to the wrong state (measured)."""
GARBAGE_BYTES = 64 << 20
"""Of outputs in a timed stretch, which a page makes anew in every run and forgets: at the latest once that
much lies outside of its heap V8 collects (`kExternalAllocationSoftLimit` in its v8-internal.h). Then the
thread that runs the model waits for the collector's helpers, and a worker collects between runs as well: with
V8's --single-threaded-gc nothing was lacking (measured)."""
Terms = Literal["wall", "cpu", "at-work", "elapsed", "states"]
"""What was compared: the browser's clock of time with ours; its clock of the main thread's CPU time with the
kernel's; time at work with the kernel's figures of the thread that runs the model; the time that passed with
those figures, which may not come to more; and wall time with the kernel's figures, together with how long a
thread was seen to be blocked."""
_CLOCKS: tuple[Terms, ...] = ("wall", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One thing that was measured twice, in one stretch: how far both are apart."""

    terms: Terms
    error: float
    """Over the stretch's length. Below 0: the kernel's figures lack time that passed; above 0: they hold time
    that cannot have been."""
    stolen: float = 0.0
    """What a hypervisor took meanwhile, as a share of the same: no thread's figures have it."""

    @property
    def closes(self) -> bool:
        """Whether the error, beyond what was stolen, is small enough."""
        return -CLOSES - self.stolen <= self.error <= CLOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """One visit of the browser: everything in it that was measured twice; empty where it was too short."""

    closures: tuple[Closure, ...]
    told: bool
    """Whether anybody said when threads ran and waited for a core."""
    traced: bool
    behind: bool = False
    """Whether that was told of requests behind the timed ones; of those it is known only that their thread
    did not run and wait for longer than time passed."""
    bounded: bool = True
    """From above as well: blocked time was measured, or the model's thread has nobody to wait for."""

    @property
    def closes(self) -> bool:
        """Whether all of it does."""
        return all(one.closes for one in self.closures)


def visited(case: Case) -> tuple[Visited, ...]:
    """Every visit of the browser that counts, timed or traced."""
    timed = (
        Visited(
            closures=_told_apart(case, trial),
            told=_told(_told_of(trial)) and (trial.load.clocks is not None or not _asks(case, trial)),
            traced=False,
            behind=trial.counted is not None,
            bounded=_alone(trial) and not _collects(trial, case.get(outputs_bytes)),
        )
        for trial in case.get(counting)
    )
    traces = (
        Visited(closures=_by_state(trace), told=bool(trace.balances), traced=True)
        for trace in case.recording.of(Trace)
    )
    return (*timed, *(one for one in traces if one.told))


def _told(load: Load) -> bool:
    return inference_of(load) is not None and load.at_work_ms is not None


def _told_of(trial: Trial) -> Load:
    """The stretch of a timed visit whose time at work is known: of a main thread mostly not the timed one."""
    return trial.load if trial.counted is None else trial.counted.load


def closures(trial: Trial, *, outputs_bytes: int | None) -> tuple[Closure, ...]:
    """Of a timed visit, with the size of one run's outputs (None: nobody knows); empty where nobody told, and
    for one that is too short.

    A thread that has helpers, a GPU or a collector to wait for may be blocked while it is at work. Then a
    lack of its own figures is no error; only traced visits, where blocked time is measured, can find one.

    Each stands by itself: what is too much in one stretch does not make up for what is lacking in another.
    """
    load = _told_of(trial)
    inference = inference_of(load)
    if inference is None or load.at_work_ms is None or load.wall_ms < LEAST_MS:
        return ()
    stretches = (load,) if trial.counted is None else (load, trial.load)
    at_work = () if _collects(trial, outputs_bytes) else (_at_work(trial, load, inference, load.at_work_ms),)
    return (*_by_clocks(load), *at_work, *(one for stretch in stretches for one in _elapsed(stretch)))


def _told_apart(case: Case, trial: Trial) -> tuple[Closure, ...]:
    """Of a worker that asks by itself, what its browser's clocks say alone, as they did up to 1.15."""
    found = closures(trial, outputs_bytes=case.get(outputs_bytes))
    return tuple(one for one in found if one.terms in _CLOCKS or not _asks(case, trial))


def _asks(case: Case, trial: Trial) -> bool:
    """Whether a worker asks by itself: until it is time it looks at the clock, so that its CPU time is not of
    runs alone, and only a traced visit can tell anything."""
    step = case.get(planned).get(trial.rung)
    return step is not None and step.setting is not None and step.setting.requests_from == "worker"


def outputs_bytes(case: Case) -> int | None:
    """Of one run, all outputs together; None where nobody could say what the model gives."""
    outputs = case.recording.begin.model.outputs
    try:
        return sum(math.prod(one.shape) * np.dtype(one.dtype).itemsize for one in outputs) or None
    except TypeError:  # numpy has no such type
        return None


def _collects(trial: Trial, outputs_bytes: int | None) -> bool:
    """Whether the model's outputs alone are garbage that V8 has to collect meanwhile, as far as is known."""
    runs = inferences(trial) + (0 if trial.counted is None else len(trial.counted.runs_ms))
    return outputs_bytes is None or outputs_bytes * runs >= GARBAGE_BYTES


def _alone(trial: Trial) -> bool:
    """Whether nothing blocks the thread that runs the model while it does: it has neither helpers nor a GPU
    to wait for nor, in a worker or on the quiet page, anybody else's garbage."""
    seen = trial.seen
    if seen.threads > 1 or seen.adapter is not None:
        return False
    return seen.where == "worker" or seen.page_kind == "quiet"


def _at_work(trial: Trial, load: Load, inference: ThreadUse, at_work_ms: float) -> Closure:
    """A thread runs only while it is at work, and there it runs or, unless blocked, waits for a core."""
    lacking_ms, beyond_ms = 0.0, max(0.0, inference.cpu_ms - at_work_ms)
    if _alone(trial):
        off_cpu_ms = _off_cpu_ms(load, inference, at_work_ms)
        lacking_ms = max(0.0, off_cpu_ms - inference.run_queue_ms)
    return Closure(
        terms="at-work",
        error=(beyond_ms - lacking_ms) / load.wall_ms,
        stolen=(load.stolen_ms or 0.0) / load.wall_ms,
    )


def _off_cpu_ms(load: Load, inference: ThreadUse, at_work_ms: float) -> float:
    """While the thread was at work, by clocks that know nothing of the scheduler."""
    if inference.thread != WORKER and load.clocks is not None:
        return load.clocks.tasks_ms - load.clocks.cpu_ms
    return at_work_ms - inference.cpu_ms


def _elapsed(load: Load) -> Iterator[Closure]:
    """By how much the thread that runs the model ran and waited longer than time passed."""
    inference = inference_of(load)
    if inference is None or load.threads_wall_ms is None or load.wall_ms < LEAST_MS:
        return
    beyond_ms = max(0.0, inference.cpu_ms + inference.run_queue_ms - load.threads_wall_ms)
    stolen = (load.stolen_ms or 0.0) / load.wall_ms
    yield Closure(terms="elapsed", error=beyond_ms / load.wall_ms, stolen=stolen)


def _by_clocks(load: Load) -> Iterator[Closure]:
    """What the browser and the kernel both count, between bounds where they cannot be read at once."""
    clocks = load.clocks
    if clocks is None:
        return
    pairs: tuple[tuple[Terms, float, tuple[float, float]], ...] = (
        ("wall", clocks.wall_ms, clocks.wall_bounds_ms),
        ("cpu", clocks.cpu_ms, clocks.cpu_bounds_ms),
    )
    for terms, browsers_ms, (low_ms, high_ms) in pairs:
        apart_ms = max(0.0, low_ms - browsers_ms) - max(0.0, browsers_ms - high_ms)
        yield Closure(terms=terms, error=apart_ms / load.wall_ms)


def _by_state(trace: Trace) -> tuple[Closure, ...]:
    """Every thread of the model: on-CPU and run queue by the kernel, blocked by looking at it."""
    stolen_ms = trace.load.stolen_ms or 0.0
    return tuple(
        Closure(
            terms="states",
            error=(one.cpu_ms + one.run_queue_ms + one.blocked_ms) / one.wall_ms - 1,
            stolen=stolen_ms / one.wall_ms,
        )
        for one in trace.balances
        if one.wall_ms >= LEAST_MS and well_watched(one)
    )


def well_watched(one: ThreadBalance) -> bool:
    """Often enough, and on time, for its blocked time to be worth something."""
    return one.looks >= LEAST_LOOKS * one.wall_ms and (one.late_ms or 0.0) <= MOST_LATE * one.wall_ms
