"""What else the page does: traced work by kind, waits for a free core, requests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from gapprof.facts.case import Case
from gapprof.facts.cells import counting
from gapprof.facts.ladder import target
from gapprof.records.trial import Trace, Trial

MAIN_THREAD = "CrRendererMain"
QUIET, DEPLOYED = "web-paced", "web"
"""The page that does nothing else, and the page as it is: what that adds, less what load from outside the
browser takes, is the page's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One kind of work on one thread of the page, ms per second of the traced stretch."""

    thread: str
    name: str
    detail: str
    ms_per_s: float
    cpu_ms_per_s: float | None
    """Of it, on a core; None: the trace does not say."""
    per_s: float

    @property
    def source(self) -> str:
        """Why the thread was at work, and in whose name."""
        return f"{self.name} {self.detail}".strip()


def traced_work(case: Case, rung: str) -> tuple[Work, ...]:
    """Work on a rung's page, largest first; empty where nothing was traced. The longest trace counts."""
    shared = target(case, rung)
    traces = [trace for trace in case.recording.of(Trace) if trace.rung == shared and trace.stretch_ms > 0]
    if not traces:
        return ()
    trace = max(traces, key=lambda one: one.stretch_ms)
    per_second = 1000 / trace.stretch_ms
    work = [
        Work(
            thread=piece.thread,
            name=piece.name,
            detail=piece.detail,
            ms_per_s=piece.wall_ms * per_second,
            cpu_ms_per_s=None if piece.cpu_ms is None else piece.cpu_ms * per_second,
            per_s=piece.count * per_second,
        )
        for piece in trace.slices
    ]
    return tuple(sorted(work, key=lambda one: (-one.ms_per_s, one.thread, one.name, one.detail)))


def run_queue_ms_per_s(case: Case, rung: str) -> Mapping[str, float]:
    """Thread → ms per second in which it could run and no core was free; medians over trials."""
    waits: dict[str, list[float]] = {}
    for trial in trials_of(case, rung):
        if trial.load.wall_ms <= 0:
            continue
        here: dict[str, float] = {}
        for use in trial.load.threads:
            name = f"{use.process}/{use.thread}"
            here[name] = here.get(name, 0.0) + use.run_queue_ms * 1000 / trial.load.wall_ms
        for name, wait in here.items():
            waits.setdefault(name, []).append(wait)
    return {name: median(found) for name, found in sorted(waits.items())}


def requests(case: Case, rung: str) -> Mapping[str, float]:
    """Mean, median, 95th percentile and maximum over all requests of a rung, ms; empty where it had none."""
    found = sorted(ms for trial in trials_of(case, rung) for ms in trial.requests_ms)
    if not found:
        return {}
    return {
        "mean_ms": fmean(found),
        "p50_ms": median(found),
        "p95_ms": found[min(len(found) - 1, int(0.95 * len(found)))],
        "max_ms": found[-1],
    }


def trials_of(case: Case, rung: str) -> Iterable[Trial]:
    """Trials that count, of a rung or of the one whose trials it shares."""
    shared = target(case, rung)
    return [trial for trial in case.get(counting) if trial.rung == shared]
