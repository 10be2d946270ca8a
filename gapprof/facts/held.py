"""What is held of memory at every stage, what each run leaves behind, and what of it is whose. Pure.

What a run leaves in the wasm heap is the larger one of two slopes: of what of it was ever touched, and of
what of it the runs write that no run before them did (probes_web/written.mjs says what that does not see).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.disturbance import disturbed
from gapprof.facts.started import Visits
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.memory import LEAK_BYTES, STAGES, Held, MemoryTrial
from gapprof.stats.interval import Interval, t_interval

COLLECTED = "collected"
"""As a stage: the last of the chunks of runs, garbage collected."""
START = "start"
SETTLING = 2
"""Chunks that are not looked at: caches of the engine still fill."""
LEAST_CHUNKS = 3
LEVEL = 0.95
HEAPS_AGREE = 0.05
"""How far the page's figure of its wasm heap may be from the kernel's."""
Side = Literal["native", "web"]
Verdict = Literal["leaks", "none", "unclear", "not-measured"]
_AFTER_CREATE = STAGES[STAGES.index("create") :]
_HEAP = "wasm-heap"
_IN_PAGE: Mapping[str, Callable[[Held], int | None]] = {
    _HEAP: lambda one: one.wasm_heap_bytes if one.wasm_touched_bytes is None else one.wasm_touched_bytes,
    "array-buffers": lambda one: one.array_buffers_bytes,
    "js-heap": lambda one: one.js_heap_bytes,
}
"""What the page's own heaps hold, which runs may leave behind."""
_GPU_BUFFERS, _GPU_PROCESS = "gpu-buffers", "gpu-process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What runs of one side leave behind."""

    side: Side
    bytes_per_run: Interval | None
    parts: Mapping[str, float]

    @property
    def verdict(self) -> Verdict:
        """By the whole interval against `LEAK_BYTES`."""
        found = self.bytes_per_run
        if found is None:
            return "not-measured"
        if found.rounds < 2:
            return "unclear"
        if found.low > LEAK_BYTES:
            return "leaks"
        return "none" if found.high < LEAK_BYTES else "unclear"


def memory_trials(case: Case, side: Side, *, arena: bool = True) -> tuple[MemoryTrial, ...]:
    """Of one side; those that count."""
    found = [one for one in case.recording.of(MemoryTrial) if not one.struck]
    return tuple(one for one in found if one.side == side and one.arena == arena)


def visits(case: Case) -> Visits:
    """How many trials count, of how many other programs disturbed, and how many were made again for that."""
    made = tuple(case.recording.of(MemoryTrial))
    counting = [one for one in made if not one.struck]
    return Visits(
        counting=len(counting),
        disturbed=sum(one.load is not None and disturbed(one.load) is not None for one in counting),
        struck=len(made) - len(counting),
    )


def total_bytes(one: Held) -> int:
    """Of all processes; without what is in files on disk, which comes and goes as the system likes."""
    return sum(one.processes.values()) - sum(one.files.values())


def page_bytes(one: Held) -> int | None:
    """The same of the page's own process."""
    own = one.processes.get("renderer")
    return None if own is None else own - one.files.get("renderer", 0)


def gpu_bytes(one: Held) -> int | None:
    """What is alive of the buffers that the page has had made on the GPU; None on the processor."""
    return one.gpu_buffers.alive_bytes if one.gpu_buffers is not None else None


def gpu_process_bytes(one: Held) -> int:
    """Of the process that the browser has for the GPU, without what is in files on disk."""
    return one.processes.get("gpu", 0) - one.files.get("gpu", 0)


def is_on_gpu(trials: Sequence[MemoryTrial]) -> bool:
    """Whether pages said what they have on a GPU."""
    return any(one.gpu_buffers is not None for trial in trials for one in trial.stages)


def buffers_at(trials: Sequence[MemoryTrial]) -> dict[str, GpuBuffers]:
    """Stage → what pages had had made on the GPU by then; the trial in the middle by what is alive."""
    found: dict[str, list[GpuBuffers]] = {}
    for trial in trials:
        for stage, one in at_stages(trial).items():
            if one.gpu_buffers is not None:
                found.setdefault(stage, []).append(one.gpu_buffers)
    return {
        stage: sorted(told, key=lambda one: one.alive_bytes)[len(told) // 2] for stage, told in found.items()
    }


def mapped_bytes(trial: MemoryTrial, one: Held) -> int | None:
    """The model's wasm heap as the kernel has it: without what the page itself had before."""
    before = next((first.wasm_mapped_bytes for first in trial.stages if first.stage == START), None)
    return None if one.wasm_mapped_bytes is None else one.wasm_mapped_bytes - (before or 0)


def peak_held_bytes(trial: MemoryTrial) -> int | None:
    """The most that the process with the model held without pages of files, beyond the start.

    A lower bound: between two readings there may have been fewer pages of files than at the later one. A mark
    that has not moved since the start is the empty page's own; then what was held at the readings counts, as
    it does where it is more. None where the system does not say.
    """
    own = total_bytes if trial.side == "native" else page_bytes
    held = [size for one in in_order(trial) if (size := own(one)) is not None]
    tops: list[int] = []
    first: Held | None = None
    files = 0
    for one in in_order(trial):
        if one.peak_bytes is None or one.resident_bytes is None or one.resident_file_bytes is None:
            continue
        first = first or one
        files = max(files, one.resident_file_bytes)
        tops.append(one.resident_bytes - one.resident_file_bytes)
        if one.peak_bytes != first.peak_bytes:
            tops.append(one.peak_bytes - files)
    if first is None or first.stage != START or not held:
        return None
    return max(max(tops) - tops[0], max(held) - held[0])


def in_order(trial: MemoryTrial) -> Sequence[Held]:
    """All readings as they were taken: the chunks' behind `steady`."""
    before = STAGES.index("steady")
    names: Sequence[str] = STAGES[: before + 1]
    early = [one for one in trial.stages if one.stage in names]
    return (*early, *trial.chunks, *(one for one in trial.stages if one.stage not in names))


def heap_closure(trial: MemoryTrial, one: Held) -> float:
    """The wasm heap as the kernel has it over what the page says of it; 1 where either says nothing."""
    mapped, said = mapped_bytes(trial, one), one.wasm_heap_bytes
    return 1.0 if mapped is None or not said else mapped / said


def at_stages(trial: MemoryTrial) -> dict[str, Held]:
    """Readings by stage, in order; `COLLECTED` stands behind `steady`."""
    found: dict[str, Held] = {}
    for one in trial.stages:
        found[one.stage] = one
        if one.stage == "steady" and trial.chunks:
            found[COLLECTED] = trial.chunks[-1]
    return found


def beyond_start(
    trials: Sequence[MemoryTrial], of: Callable[[MemoryTrial, Held], float | None]
) -> dict[str, float]:
    """Stage → by how much a figure is larger than at the start, median over trials."""
    found: dict[str, list[float]] = {}
    for trial in trials:
        readings = at_stages(trial)
        first = of(trial, readings[START]) if START in readings else None
        for stage, one in readings.items():
            value = of(trial, one)
            if value is not None and first is not None and stage != START:
                found.setdefault(stage, []).append(value - first)
    return {stage: median(values) for stage, values in found.items()}


def by_process(trials: Sequence[MemoryTrial]) -> dict[str, dict[str, float]]:
    """Stage → kind of process → its whole size, median over the trials that have one."""
    found: dict[str, dict[str, list[float]]] = {}
    for trial in trials:
        for stage, one in at_stages(trial).items():
            for kind, size in one.processes.items():
                found.setdefault(stage, {}).setdefault(kind, []).append(size)
    return {stage: {kind: median(sizes) for kind, sizes in kinds.items()} for stage, kinds in found.items()}


def parts(trials: Sequence[MemoryTrial]) -> dict[str, dict[str, float]]:
    """Stage → part → bytes beyond the start; what no part claims is `page-rest` and `browser-rest`.

    On a GPU the process that the browser has for it is a part of its own.
    """
    named: dict[str, Callable[[MemoryTrial, Held], float | None]] = {
        **{name: _of(figure) for name, figure in _IN_PAGE.items()},
        "wasm-module": lambda trial, one: trial.module_bytes if _is_open(one) else 0,
        "code": lambda _, one: one.code_bytes,
    }
    by_part = {name: beyond_start(trials, of) for name, of in named.items()}
    page = beyond_start(trials, lambda _, one: page_bytes(one))
    beside = beyond_start(trials, lambda _, one: gpu_process_bytes(one)) if is_on_gpu(trials) else {}
    whole = beyond_start(trials, lambda _, one: total_bytes(one))
    found: dict[str, dict[str, float]] = {}
    for stage, all_of_it in whole.items():
        own = {name: values[stage] for name, values in by_part.items() if stage in values}
        in_page, on_gpu = page.get(stage, 0.0), beside.get(stage)
        gpu = {} if on_gpu is None else {_GPU_PROCESS: on_gpu}
        rest = {"page-rest": in_page - sum(own.values()), "browser-rest": all_of_it - in_page - (on_gpu or 0)}
        found[stage] = {**own, **gpu, **rest}
    return found


def left_behind(case: Case, side: Side) -> Left:
    """From the slopes of fresh processes or browsers, one each."""
    trials = memory_trials(case, side)
    figures: dict[str, Callable[[Held], int | None]] = (
        dict(_IN_PAGE) if side == "web" else {"process": total_bytes}
    )
    if is_on_gpu(trials):
        figures[_GPU_BUFFERS] = gpu_bytes
    slopes: dict[str, list[float]] = {name: [] for name in figures}
    for trial in trials:
        chunks = trial.chunks[SETTLING:]
        if len(chunks) < LEAST_CHUNKS:
            continue
        for name, figure in figures.items():
            slopes[name].append(_slope(_points(chunks, figure)))
        if side == "web":  # what free space of the heap still hides
            slopes[_HEAP][-1] = max(slopes[_HEAP][-1], _slope(_written(trial)))
    sums = [sum(values) for values in zip(*slopes.values(), strict=True)]
    return Left(
        side=side,
        bytes_per_run=t_interval(sums, LEVEL) if sums else None,
        parts={name: fmean(values) for name, values in slopes.items() if values},
    )


def arena_bytes(case: Case, side: Side) -> float | None:
    """By how much less is held when steady with the arena off, by the wasm heap or the native process."""
    with_it, without = (memory_trials(case, side, arena=arena) for arena in (True, False))
    figure = _of(_IN_PAGE[_HEAP] if side == "web" else total_bytes)
    held = [beyond_start(trials, figure).get("steady") for trials in (with_it, without)]
    return None if held[0] is None or held[1] is None else held[0] - held[1]


def _of(figure: Callable[[Held], int | None]) -> Callable[[MemoryTrial, Held], float | None]:
    return lambda _, one: figure(one)


def _is_open(one: Held) -> bool:
    """Whether wasm was compiled in that document: V8 keeps its bytes from then on."""
    return one.stage in (*_AFTER_CREATE, "chunk") and one.stage != "left"


def _points(chunks: Sequence[Held], figure: Callable[[Held], int | None]) -> Iterator[tuple[float, float]]:
    return ((float(one.runs), float(value)) for one in chunks if (value := figure(one)) is not None)


def _written(trial: MemoryTrial) -> Iterator[tuple[float, float]]:
    return ((float(one.runs), float(one.written_bytes)) for one in trial.scans[SETTLING:])


def _slope(points: Iterator[tuple[float, float]]) -> float:
    """The median of the slopes between all pairs (Theil 1950): one odd reading does not tilt it."""
    known = list(points)
    slopes = [(b - a) / (n - m) for i, (m, a) in enumerate(known) for n, b in known[i + 1 :] if n > m]
    return median(slopes) if slopes else 0.0
