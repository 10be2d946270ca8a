"""Who was on the cores beside the model, by what the browser calls its threads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, median
from types import MappingProxyType
from typing import Literal

from gapprof.facts.balance import traces_that_tell
from gapprof.facts.case import Case
from gapprof.facts.contention import MAIN_THREAD, trials_of
from gapprof.facts.disturbance import outside_beyond_doubt_ms
from gapprof.facts.kinds import Kind, kind_of
from gapprof.facts.ladder import target
from gapprof.facts.model_threads import WORKER, inference_of, inferences
from gapprof.records.trial import Load, ThreadUse, Trace

Holder = Literal[
    "main-thread",
    "own-workers",
    "helpers",
    "compositor",
    "raster",
    "page-process",
    "gpu-process",
    "browser-process",
    "other-renderers",
    "outside",
]
Group = Literal["main", "helpers", "browser", "tabs", "outside"]
"""In whose name a wait for a core is."""
GROUPS: Mapping[Holder, Group] = MappingProxyType(
    {
        "main-thread": "main",
        "own-workers": "main",
        "helpers": "helpers",
        "compositor": "browser",
        "raster": "browser",
        "page-process": "browser",
        "gpu-process": "browser",
        "browser-process": "browser",
        "other-renderers": "tabs",
        "outside": "outside",
    }
)
TITLES: Mapping[Holder, str] = MappingProxyType(
    {
        "main-thread": "the page's main thread",
        "own-workers": "the page's own workers",
        "helpers": "V8's and the page's helper threads",
        "compositor": "the compositor",
        "raster": "raster threads",
        "page-process": "other threads of the page's process",
        "gpu-process": "the GPU process",
        "browser-process": "the browser process and its services",
        "other-renderers": "other tabs and frames with a process of their own",
        "outside": "programs outside the browser",
    }
)
_IN_THE_PAGE: tuple[tuple[str, Holder], ...] = (
    ("CompositorTile", "raster"),
    ("Compositor", "compositor"),
    ("ThreadPool", "helpers"),
    (WORKER, "own-workers"),
)
"""How names of threads begin, as the kernel and traces have them; the first that fits counts."""
_IN_THE_GPU_PROCESS: tuple[tuple[str, Holder], ...] = (("VizCompositor", "compositor"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """CPU time that a holder took from the model."""

    holder: Holder
    share: float
    """Of all that others than the model took."""
    ms: float
    """Per inference, summed over its threads."""


def holder_of(use: ThreadUse) -> Holder | None:
    """None for the model's own threads."""
    if use.role in ("inference", "pool"):
        return None
    if use.role == "main":
        return "main-thread"
    if use.process == "renderer":
        return _named(use.thread, _IN_THE_PAGE, "page-process")
    if use.process.startswith("gpu"):
        return _named(use.thread, _IN_THE_GPU_PROCESS, "gpu-process")
    return "other-renderers" if use.process == "other renderer" else "browser-process"


def cpu_ms_of_holders(load: Load) -> Mapping[Holder, float]:
    """Of one stretch; what a hypervisor took is nobody's."""
    found: dict[Holder, float] = {}
    for use in load.threads:
        holder = holder_of(use)
        if holder is not None:
            found[holder] = found.get(holder, 0.0) + use.cpu_ms
    outside_ms = outside_beyond_doubt_ms(load)
    if outside_ms > 0:
        found["outside"] = outside_ms
    return found


def on_the_cores(case: Case, rung: str) -> tuple[Held, ...]:
    """Everybody who was, those with most first; medians over visits.

    Empty where nobody knew which threads are the model's: its own would be taken for others.
    """
    traces = traces_that_tell(case, rung)
    loads = [(trace.load, len(trace.runs_ms)) for trace in traces] or [
        (trial.load, inferences(trial)) for trial in trials_of(case, rung) if inference_of(trial.load)
    ]
    sums = [(cpu_ms_of_holders(load), count) for load, count in loads if count]
    wholes = [(found, count, sum(found.values())) for found, count in sums]
    known = [(found, count, whole) for found, count, whole in wholes if whole > 0]
    rows = [
        Held(
            holder=holder,
            share=median(found.get(holder, 0.0) / whole for found, _, whole in known),
            ms=median(found.get(holder, 0.0) / count for found, count, _ in known),
        )
        for holder in GROUPS
        if known
    ]
    return tuple(sorted((row for row in rows if row.share > 0), key=lambda row: -row.share))


def main_thread_ms(case: Case, rung: str) -> dict[Kind, float]:
    """What the page's main thread did at all, beside the model: ms per inference, by kind, largest first."""
    shared = target(case, rung)
    passes: list[dict[Kind, float]] = []
    for trace in case.recording.of(Trace):
        if trace.rung == shared and trace.runs_ms:
            found: dict[Kind, float] = {}
            for piece in trace.slices:
                kind = kind_of(piece.name, piece.detail) if piece.thread == MAIN_THREAD else None
                if kind is not None:
                    found[kind] = found.get(kind, 0.0) + piece.wall_ms / len(trace.runs_ms)
            passes.append(found)
    kinds = sorted({kind for one in passes for kind in one})
    means = {kind: fmean(one.get(kind, 0.0) for one in passes) for kind in kinds}
    return dict(sorted(means.items(), key=lambda item: -item[1]))


def _named(thread: str, names: tuple[tuple[str, Holder], ...], otherwise: Holder) -> Holder:
    return next((holder for begin, holder in names if thread.startswith(begin)), otherwise)
