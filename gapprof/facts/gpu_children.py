"""What the steps of the ladder to WebGPU are made of: children of their causes, each from a replay or a run
with one thing changed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gapprof.facts.case import Case
from gapprof.facts.claim import Part, Step
from gapprof.facts.computed import computed
from gapprof.facts.gpu_calls import elsewhere, recorded
from gapprof.facts.gpu_parts_told import dispatch_bound_told, part_told
from gapprof.facts.gpu_placement import placement_told
from gapprof.facts.gpu_rungs import BEFORE, BOUNDARY_RUNGS, GAPS, WITHOUT, present
from gapprof.facts.gpu_runs import REPLAY_NATIVE, REPLAY_WEB, SESSION, UNSAFE, GpuPart
from gapprof.facts.gpu_told import anew_told, held_up_told, placed_told
from gapprof.records.report import Evidence


def of_the_boundary(case: Case) -> Iterator[Part]:
    """By which part of a run the replay in the browser is longer, where every round tells it."""
    rungs, below = case.get(computed), REPLAY_NATIVE
    for name in present(case):
        rung, without = BOUNDARY_RUNGS[name], WITHOUT[REPLAY_WEB, name]
        if rung not in rungs:
            return
        yield replace(
            _BOUNDARY[name],
            steps=(Step(source=below, to=rung),),
            # A page that is rid of it saves all that it takes there, not only what it takes longer.
            web_steps=(Step(source=without, to=REPLAY_WEB),) if without in rungs else (),
            evidence=tuple(_boundary_told(case, name)),
        )
        below = rung
    yield replace(_SAME_WORK, steps=(Step(source=below, to=REPLAY_WEB),))


def of_the_kernels(case: Case) -> Iterator[Part]:
    """What the library's calls cost beside computing: replays without it tell."""
    rungs = case.get(computed)
    for name, child in _KERNELS.items():
        rung, on_the_web = WITHOUT[UNSAFE, name], WITHOUT[REPLAY_WEB, name]
        there = name in present(case)
        yield replace(
            child,
            steps=(Step(source=rung, to=UNSAFE),) if rung in rungs else (),
            web_steps=(Step(source=on_the_web, to=REPLAY_WEB),) if on_the_web in rungs else (),
            why="" if rung in rungs else _why_not(case, name),
            applicable=there or case.get(recorded) is None or _elsewhere(case, name),
            evidence=tuple(_kernels_told(case, name)),
        )


def of_the_library(case: Case) -> Iterator[Part]:
    """Where in a run it does more than make its calls, where every round tells it."""
    below = REPLAY_WEB
    for rung, child in _LIBRARY.items():
        if rung not in case.get(computed):
            return
        yield replace(child, steps=(Step(source=below, to=rung),))
        below = rung
    yield replace(_AFTER, steps=(Step(source=below, to=SESSION),))


def _kernels_told(case: Case, name: GpuPart) -> Iterator[Evidence]:
    """Counts first; what is not there took no time."""
    if name == "inner-reads":
        yield from placed_told(case)
        yield from placement_told(case)
    else:
        yield from anew_told(case)
    if name in present(case):
        yield from part_told(case, name)
        if name == "pipelines":
            yield from held_up_told(case)


def _boundary_told(case: Case, name: GpuPart) -> Iterator[Evidence]:
    yield from part_told(case, name)
    if name == "submission":
        yield from dispatch_bound_told(case)


def _elsewhere(case: Case, name: GpuPart) -> bool:
    return name == "inner-reads" and bool(elsewhere(case))


def _why_not(case: Case, name: GpuPart) -> str:
    if case.get(recorded) is None:
        return "the library's calls were not recorded"
    if name in present(case):
        return "not every round has a replay without it"
    if name == "pipelines":
        return "steady runs make no pipelines"
    if _elsewhere(case, name):
        return "no run stops for them: what they take is part of onnxruntime-web's own work"
    return "every operator runs on the GPU"


_KEPT = "A pipeline is made once and kept; one of every run is onnxruntime-web's developers' to mend."
_BOUNDARY: Mapping[GpuPart, Part] = {
    "upload": Part(
        id="upload",
        title="Upload: what a run writes for the GPU",
        phrase="comes with uploads through the browser",
        owner="page",
        advice="Keep inputs that do not change on the GPU (Tensor.fromGpuBuffer); send small types.",
    ),
    "submission": Part(
        id="submission",
        title="Submission: commands made, handed over and taken in, as far as the GPU waits for it",
        phrase="comes with submitting commands through the browser",
        owner="library",
        advice="Fewer, larger operators make fewer commands; so does a captured graph (enableGraphCapture).",
    ),
    "inner-reads": Part(
        id="inner-reads",
        title="Stops within runs, to read something back and go on",
        phrase="comes with reading back within runs",
        owner="library",
        advice="Operators that run on the processor stop the GPU: export the model without them.",
    ),
    "pipelines": Part(
        id="pipelines",
        title="Pipelines made anew in every run",
        phrase="comes with pipelines made anew",
        owner="library",
        advice=_KEPT,
    ),
    "read-back": Part(
        id="read-back",
        title="Read-back: the way back of what a run reads at its end, queued work left out",
        phrase="comes with reading results back through the browser",
        owner="page",
        advice="Leave outputs on the GPU between runs (preferredOutputLocation: 'gpu-buffer').",
    ),
}
_SAME_WORK = Part(
    id="same-work",
    title="All else that the replays do not tell apart: messages between processes, the GPU's own work",
    phrase="comes with what the replays do not tell apart under a browser",
    advice="Nothing in your page changes this.",
)
_KERNELS: Mapping[GpuPart, Part] = {
    "inner-reads": Part(
        id="not-on-gpu",
        title="Not on the GPU: operators for which a run stops, copies, and goes on",
        phrase="comes with operators that do not run on the GPU",
        owner="model",
        advice="Export the model without these operators, or with a newer opset that WebGPU has kernels for.",
    ),
    "pipelines": Part(
        id="pipelines-made-anew",
        title="Pipelines that every run makes anew",
        phrase="comes with compiling in every run",
        advice=_KEPT,
    ),
}
_LIBRARY: Mapping[str, Part] = {
    BEFORE: Part(
        id="before-first-submit",
        title="Before a run's first submit: inputs taken in, first commands made",
        phrase="comes with what onnxruntime-web does before its first submit",
        advice="Keep inputs on the GPU between runs; fewer operators make fewer commands.",
    ),
    GAPS: Part(
        id="submission-gaps",
        title="Submission gaps: the thread does something else between a run's submits",
        phrase="comes with gaps between submits",
        advice="Operators on the processor, and whatever else takes this thread, keep the GPU waiting.",
    ),
}
_AFTER = Part(
    id="after-submits",
    title="All else: submits themselves, waits, outputs handed over",
    phrase="comes with waits and outputs",
    advice="A gap that the GPU's work hides makes waits shorter by as much: then this saves what that costs.",
)
