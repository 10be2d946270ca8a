"""Where the time of a request goes: it waits for the page, it runs, and in a run the thread is on a CPU,
waits for one, or is blocked. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from gapprof.facts.case import Case
from gapprof.facts.closing import well_watched
from gapprof.facts.contention import trials_of
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import inference_of
from gapprof.records.trial import IDLE, Trace, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Means per request, ms. `late + run` is the request, `on_cpu + run_queue + blocked` the run."""

    late_ms: float
    """From when it was due to its result, less the run: the thread that asks, mostly the page's main one, was
    not free."""
    run_ms: float
    on_cpu_ms: float
    run_queue_ms: float
    blocked_ms: float
    """What is left of the run; `thread_means` has it measured by itself, in traced visits."""

    @property
    def request_ms(self) -> float:
        """From when it was due to its result."""
        return self.late_ms + self.run_ms


def balances(case: Case, rung: str) -> Mapping[int, Balance]:
    """Round → its paced trials' balance; rounds where nobody told anything of threads are missing.

    Where the kernel does not, the trace's dur - tdur of runs stands for their time in the run queue.
    """
    found: dict[int, list[Balance]] = {}
    for trial in trials_of(case, rung):
        off_cpu = _off_cpu_by_trace(case, rung, on_main=trial.seen.where == "main")
        one = kernel_balance(trial) if off_cpu is None else _by_trace(trial, off_cpu)
        if one is not None:
            found.setdefault(trial.round, []).append(one)
    return {number: mean_balance(some) for number, some in sorted(found.items())}


def shared_out(case: Case, rung: str) -> bool:
    """Whether, of any trial, waits for a core were shared out as those of requests behind the timed ones: an
    estimate, where nobody counted the tasks of a main thread meanwhile and it was not traced either."""
    return any(
        trial.counted is not None
        and trial.load.at_work_ms is None
        and kernel_balance(trial) is not None
        and _off_cpu_by_trace(case, rung, on_main=trial.seen.where == "main") is None
        for trial in trials_of(case, rung)
    )


def mean_balance(some: Iterable[Balance]) -> Balance:
    """Of several, each as much as the others."""
    all_of_them = list(some)
    return Balance(
        late_ms=fmean(one.late_ms for one in all_of_them),
        run_ms=fmean(one.run_ms for one in all_of_them),
        on_cpu_ms=fmean(one.on_cpu_ms for one in all_of_them),
        run_queue_ms=fmean(one.run_queue_ms for one in all_of_them),
        blocked_ms=fmean(one.blocked_ms for one in all_of_them),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMeans:
    """One of the model's threads, ms per inference; each term was measured by itself, in traced visits."""

    role: str
    on_cpu_ms: float
    run_queue_ms: float
    blocked_ms: float
    """Between inferences as well."""
    wall_ms: float


def thread_means(case: Case, rung: str) -> tuple[ThreadMeans, ...]:
    """The thread that runs the model and its helpers, in order of age; means over traced visits."""
    shared = target(case, rung)
    traces = [
        one
        for one in case.recording.of(Trace)
        if one.rung == shared and one.runs_ms and one.balances and all(map(well_watched, one.balances))
    ]
    if not traces:
        return ()
    most = min(len(one.balances) for one in traces)
    return tuple(_thread_means(traces, place) for place in range(most))


def _thread_means(traces: Sequence[Trace], place: int) -> ThreadMeans:
    found = [(one.balances[place], len(one.runs_ms)) for one in traces]
    return ThreadMeans(
        role=found[0][0].role,
        on_cpu_ms=fmean(one.cpu_ms / count for one, count in found),
        run_queue_ms=fmean(one.run_queue_ms / count for one, count in found),
        blocked_ms=fmean(one.blocked_ms / count for one, count in found),
        wall_ms=fmean(one.wall_ms / count for one, count in found),
    )


def traces_that_tell(case: Case, rung: str) -> list[Trace]:
    """Of a rung, on a system whose kernel tells nothing of threads."""
    shared = target(case, rung)
    return [one for one in case.recording.of(Trace) if one.rung == shared and one.load.told_by == "trace"]


def _off_cpu_by_trace(case: Case, rung: str, *, on_main: bool) -> float | None:
    """Share of a run in which its thread was off the CPU; None where the kernel is asked.

    Of a main thread the kernel tells no run from the page's own work; where that was traced, the trace does.
    """
    shared = target(case, rung)
    traces = [trace for trace in case.recording.of(Trace) if trace.rung == shared and trace.inside]
    if all(trace.load.told_by != "trace" for trace in case.recording.of(Trace)) and not (on_main and traces):
        return None
    runs = [piece for trace in traces for piece in trace.inside if piece.name != IDLE]
    timed = [(piece.wall_ms, piece.cpu_ms) for piece in runs if piece.cpu_ms is not None]
    wall_ms = sum(wall for wall, _ in timed)
    return sum(max(0.0, wall - cpu) for wall, cpu in timed) / wall_ms if wall_ms > 0 else 0.0


def _by_trace(trial: Trial, off_cpu: float) -> Balance | None:
    if not trial.runs_ms:
        return None
    run_ms = fmean(trial.runs_ms)
    return Balance(
        late_ms=fmean(trial.requests_ms) - run_ms,
        run_ms=run_ms,
        on_cpu_ms=(1 - off_cpu) * run_ms,
        run_queue_ms=off_cpu * run_ms,
        blocked_ms=0.0,
    )


def kernel_balance(trial: Trial) -> Balance | None:
    """By the scheduler's figures alone, which are the same instrument on any page; None where there are none.

    Of a main thread they tell no run from the page's own work, see `balances`.
    """
    inference, at_work_ms = inference_of(trial.load), _at_work_ms(trial)
    if not trial.runs_ms or inference is None or not at_work_ms:
        return None
    run_ms = fmean(trial.runs_ms)
    # On the main thread there may be other work, of which nothing is known here: it is preempted as often.
    models = min(1.0, sum(trial.runs_ms) / at_work_ms) / len(trial.runs_ms)
    # A thread waits for a core on waking up as well; that is before it is at work, and late by then.
    waiting_ms = min(inference.run_queue_ms, max(0.0, at_work_ms - inference.cpu_ms))
    on_cpu_ms, run_queue_ms = models * inference.cpu_ms, models * waiting_ms
    return Balance(
        late_ms=fmean(trial.requests_ms) - run_ms,
        run_ms=run_ms,
        on_cpu_ms=on_cpu_ms,
        run_queue_ms=run_queue_ms,
        blocked_ms=run_ms - on_cpu_ms - run_queue_ms,
    )


def _at_work_ms(trial: Trial) -> float | None:
    """As `Load` has it, or of a main thread whose tasks nobody counted meanwhile: of its waits for a core as
    large a share lies in tasks as in the requests behind the timed ones, each blocked for as long as those.

    Load from outside comes and goes within seconds, and makes all waits longer: shares were nearer the truth
    than waits per request (measured). A run on the processor is within tasks, whatever those requests say.
    """
    load, counted = trial.load, trial.counted
    if load.at_work_ms is not None or counted is None or not counted.runs_ms:
        return load.at_work_ms
    here, there = inference_of(load), inference_of(counted.load)
    if here is None or there is None or counted.load.at_work_ms is None:
        return None
    off_cpu_ms = counted.load.at_work_ms - there.cpu_ms
    share = min(1.0, off_cpu_ms / there.run_queue_ms) if there.run_queue_ms > 0 else 0.0
    blocked_ms = max(0.0, off_cpu_ms - there.run_queue_ms) * len(trial.runs_ms) / len(counted.runs_ms)
    runs_ms = sum(trial.runs_ms) if trial.seen.adapter is None else 0.0
    return max(runs_ms, here.cpu_ms + share * here.run_queue_ms + blocked_ms)
