"""What the way from a page to the GPU's process takes of processors, by a trace apart from all timed runs:
what that step is made of, never how long it is. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from gapprof.facts.adapters import notes
from gapprof.facts.case import Case
from gapprof.facts.cells import measured
from gapprof.facts.contention import trials_of
from gapprof.facts.estimates import mean_difference_ms, negated
from gapprof.facts.gpu_calls import steady_run
from gapprof.facts.gpu_runs import REPLAY_NATIVE, REPLAY_WEB, SESSION
from gapprof.facts.gpu_told import mean_ms
from gapprof.facts.model_threads import inferences
from gapprof.records.crossing import EVENTS, FLUSH, OF_THE_PAGE, CrossingWork, TracedCrossing
from gapprof.records.estimate import Estimate
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

_CARRIER = "Chrome_ChildIOT"
"""How names of threads begin that carry messages from one process to another; the kernel knows no more."""
_PROCESSES = {"renderer": "the page's process", "gpu": "the GPU's"}
_TO_DO: Mapping[CrossingWork, str] = {
    "sending": "to serialise and send commands",
    "hearing": "to take answers in",
    "decoding": "to take commands in, decode, validate and record them",
    "polling": "to poll for what is done",
    "answering": "to answer",
}
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Of one run, means over a traced stretch."""

    runs: int
    run_ms: float
    """The middle one's."""
    flushes: float | None
    """None where this browser's trace has no such event."""
    cpu_ms: Mapping[CrossingWork, float]
    """Thread time; what no event told is missing, and never 0."""
    absent: tuple[str, ...]
    """Events that this browser's trace has not."""
    untimed: tuple[str, ...]
    """Events without thread time."""

    @property
    def page_ms(self) -> float:
        """On the thread that runs the model."""
        return sum(ms for work, ms in self.cpu_ms.items() if work in OF_THE_PAGE)

    @property
    def total_ms(self) -> float:
        """Of both processes."""
        return sum(self.cpu_ms.values())


def traced_crossing(case: Case) -> TracedCrossing | None:
    """The pass's own words; None where there was no such pass."""
    return next(case.recording.of(TracedCrossing), None)


def crossing(case: Case) -> Crossing | None:
    """None where nothing was traced."""
    found = case.get(traced_crossing)
    if found is None or not found.runs_ms:
        return None
    count = len(found.runs_ms)
    cpu_ms: dict[CrossingWork, float] = {}
    for piece in found.slices:
        work = EVENTS.get(piece.name)
        if work is not None and piece.cpu_ms is not None:
            cpu_ms[work] = cpu_ms.get(work, 0.0) + piece.cpu_ms / count
    seen = {piece.name for piece in found.slices}
    untimed = {piece.name for piece in found.slices if piece.cpu_ms is None}
    flushes = sum(piece.count for piece in found.slices if piece.name == FLUSH)
    return Crossing(
        runs=count,
        run_ms=median(found.runs_ms),
        flushes=flushes / count if FLUSH in seen else None,
        cpu_ms=cpu_ms,
        absent=tuple(name for name in EVENTS if name not in seen),
        untimed=tuple(name for name in EVENTS if name in untimed),
    )


def crossing_told(case: Case) -> Iterator[Evidence]:
    """In sentences, beside what the clock says of the same step."""
    found = case.get(traced_crossing)
    if found is not None and found.why:
        why = harmless(found.why).rstrip(".")
        yield Evidence(kind="trace", text=f"The way to the GPU's process was not traced: {why}.")
    one = case.get(crossing)
    if found is not None and one is not None:
        if one.cpu_ms:
            software = notes(found.adapter) if found.adapter is not None else ()
            heading = "".join(f"{note[0].upper()}{note[1:]}. " for note in software)
            yield Evidence(kind="trace", text=f"{heading}{_taken(case, one)}", value=one.total_ms)
            yield from _held_against(case, one, heading)
        yield from _untold(one, harmless(found.engine_version, _LONGEST_NAME))
    yield from _carried(case)


def _taken(case: Case, one: Crossing) -> str:
    timed = mean_ms(case.get(measured).get(SESSION, {}))
    beside = f", {numbers.ms_with_interval(timed)} in timed rounds" if timed else ""
    sides = (
        ("the page's thread takes", [work for work in _TO_DO if work in OF_THE_PAGE]),
        ("the GPU's process takes", [work for work in _TO_DO if work not in OF_THE_PAGE]),
    )
    told = [
        f"{side} {_listed([_of_work(case, one, work) for work in works if work in one.cpu_ms])}"
        for side, works in sides
        if any(work in one.cpu_ms for work in works)
    ]
    return (
        f"Traced apart ({one.runs} runs of {numbers.ms(one.run_ms)}{beside}), CPU time of a run: "
        f"{'; '.join(told)}."
    )


def _of_work(case: Case, one: Crossing, work: CrossingWork) -> str:
    text = f"{numbers.ms(one.cpu_ms[work])} {_TO_DO[work]}"
    run = case.get(steady_run)
    if work == "sending" and one.flushes is not None:
        decimals = 0 if one.flushes == round(one.flushes) else 1
        return f"{text} (flushes: {numbers.plain(one.flushes, decimals)})"
    if work == "decoding" and run is not None and run.dispatches:
        return f"{text} (for each dispatch {numbers.ms(one.cpu_ms[work] / run.dispatches)})"
    return text


def _held_against(case: Case, one: Crossing, heading: str) -> Iterator[Evidence]:
    """Both replays make the same calls: what differs is what a browser puts between."""
    cells = case.get(measured)
    web, native = cells.get(REPLAY_WEB, {}), cells.get(REPLAY_NATIVE, {})
    longer = [web[number] - native[number] for number in web.keys() & native.keys()]
    if longer and one.total_ms > 0:
        share = one.page_ms / one.total_ms
        text = (
            f"{heading}These {numbers.ms(one.total_ms)}, {numbers.percent(share)} of them on the page's "
            "thread, say what the way through the browser is made of, and not how long it is: both processes "
            "work at the same time, the GPU works meanwhile, and without a browser commands are validated "
            f"and recorded as well. {_longer(mean_difference_ms(longer))}"
        )
        yield Evidence(kind="trace", text=text, value=share)


def _longer(by_clock: Estimate) -> str:
    """Of a replayed run in the browser, beside one without it."""
    if by_clock.rounds < 2:
        return "Whether a replayed run takes longer in the browser, one round alone does not tell."
    if by_clock.low > 0:
        told = numbers.ms_with_interval(by_clock)
        return f"By the clock, a replayed run in the browser takes {told} more than without one."
    if by_clock.high < 0:
        told = numbers.ms_with_interval(negated(by_clock))
        return f"By the clock, a replayed run in the browser takes {told} less than without one."
    return (
        "By the clock no difference was seen between a replayed run in the browser and one without it: "
        f"{numbers.ms_with_interval(by_clock)}, which holds 0."
    )


def _untold(one: Crossing, browser: str) -> Iterator[Evidence]:
    if one.absent:
        text = f"Not told, for the trace of this browser ({browser}) has no such events: "
        yield Evidence(kind="trace", text=f"{text}{', '.join(one.absent)}.", value=float(len(one.absent)))
    if one.untimed:
        text = f"Not in these times, for the trace of this browser ({browser}) has no thread time of them: "
        yield Evidence(kind="trace", text=f"{text}{', '.join(one.untimed)}.", value=float(len(one.untimed)))


def _carried(case: Case) -> Iterator[Evidence]:
    """By the kernel's figures of timed rounds, in which nothing was traced."""
    told, whole_ms = [], 0.0
    for process, words in _PROCESSES.items():
        found = mean_ms(_carrying_ms(case, process))
        if found is not None:
            told.append(f"{numbers.ms_with_interval(found)} in {words}")
            whole_ms += found.point
    if told:
        text = (
            "In timed rounds the threads that carry messages from one process to another took, for each run, "
            f"CPU time of {_listed(told)}."
        )
        yield Evidence(kind="threads", text=text, value=whole_ms)


def _carrying_ms(case: Case, process: str) -> Mapping[int, float]:
    """Round → per run of the library; rounds in which no such thread did much are left out."""
    found: dict[int, list[float]] = {}
    for trial in trials_of(case, SESSION):
        uses = [
            use.cpu_ms
            for use in trial.load.threads
            if use.process == process and use.thread.startswith(_CARRIER)
        ]
        if uses and inferences(trial):
            found.setdefault(trial.round, []).append(sum(uses) / inferences(trial))
    return {number: fmean(values) for number, values in sorted(found.items())}


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
