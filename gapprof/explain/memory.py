"""Memory, as a report has it."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from gapprof.facts.case import Case
from gapprof.facts.estimates import estimate
from gapprof.facts.held import (
    COLLECTED,
    Left,
    arena_bytes,
    beyond_start,
    buffers_at,
    by_process,
    gpu_bytes,
    is_on_gpu,
    left_behind,
    mapped_bytes,
    memory_trials,
    parts,
    peak_held_bytes,
    total_bytes,
    visits,
)
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.memory import STAGES, Held, MemoryTrial
from gapprof.records.sections.memory import GpuBufferCounts, Memory, MemoryRow, MemorySlope

_TITLES: Mapping[str, str] = {
    "load": "library and file loaded",
    "create": "session created",
    "first-run": "first run",
    "steady": "many runs",
    COLLECTED: "garbage collected",
    "released": "session released",
    "again": "created again, and run",
    "left": "page left",
}
_ORDER = (*STAGES[: STAGES.index("steady") + 1], COLLECTED, *STAGES[STAGES.index("released") :])
_NO_GPU = "the model runs on the processor: there are no buffers of a GPU"


def memory(case: Case) -> Memory:
    """Empty, with the reason, where nobody looked."""
    web, native = memory_trials(case, "web"), memory_trials(case, "native")
    if not web and not native:
        return Memory()
    some, seen = (*web, *native), case.get(visits)
    return Memory(
        rows=_rows(web, native),
        slopes=tuple(_slope(left_behind(case, side)) for side in ("web", "native")),
        model_bytes=median(trial.model_bytes for trial in some),
        module_bytes=median(trial.module_bytes for trial in web) if web else None,
        wasm_heap_bytes=_highest(web, lambda _, one: one.wasm_heap_bytes),
        wasm_mapped_bytes=_highest(web, mapped_bytes),
        wasm_touched_bytes=_highest(web, lambda _, one: one.wasm_touched_bytes),
        peak_bytes=_peak(web),
        native_peak_bytes=_peak(native),
        peak_held_bytes=_peak_held(web),
        native_peak_held_bytes=_peak_held(native),
        arena_bytes=arena_bytes(case, "web"),
        native_arena_bytes=arena_bytes(case, "native"),
        gpu_buffers_bytes=_highest(web, lambda _, one: gpu_bytes(one)),
        trials_counting=seen.counting,
        trials_disturbed=seen.disturbed,
        trials_repeated=seen.struck,
        told_by=some[0].told_by,
        why="; ".join(_missing(web, native)),
    )


def _missing(web: Sequence[MemoryTrial], native: Sequence[MemoryTrial]) -> Sequence[str]:
    sides = (("the browser", web), ("native", native))
    unseen = (f"nobody could look at {name}" for name, trials in sides if not trials)
    return (*unseen, *(() if is_on_gpu(web) else (_NO_GPU,)))


def _rows(web: Sequence[MemoryTrial], native: Sequence[MemoryTrial]) -> tuple[MemoryRow, ...]:
    in_browser = beyond_start(web, lambda _, one: total_bytes(one))
    natively = beyond_start(native, lambda _, one: total_bytes(one))
    shares, kinds, buffers = parts(web), by_process(web), buffers_at(web)
    return tuple(
        MemoryRow(
            stage=stage,
            title=_TITLES[stage],
            web_bytes=in_browser.get(stage),
            parts=shares.get(stage, {}),
            native_bytes=natively.get(stage),
            processes=kinds.get(stage, {}),
            gpu_buffers=_counts(buffers[stage]) if stage in buffers else None,
            why="" if stage in in_browser and stage in natively else _no_such(stage),
        )
        for stage in _ORDER
        if stage in _TITLES and (stage in in_browser or stage in natively)
    )


def _counts(one: GpuBuffers) -> GpuBufferCounts:
    return GpuBufferCounts(
        made=one.made,
        made_bytes=one.made_bytes,
        alive=one.alive,
        alive_bytes=one.alive_bytes,
        destroyed=one.destroyed,
        destroyed_bytes=one.destroyed_bytes,
        collected=one.collected,
        collected_bytes=one.collected_bytes,
    )


def _no_such(stage: str) -> str:
    return "a native process has no page to leave" if stage == "left" else "that side was not looked at"


def _slope(left: Left) -> MemorySlope:
    found = left.bytes_per_run
    return MemorySlope(
        side=left.side,
        bytes_per_run=estimate(found) if found else None,
        parts=dict(left.parts),
        verdict=left.verdict,
        why="" if found else "no trial came as far",
    )


def _highest(trials: Sequence[MemoryTrial], of: Callable[[MemoryTrial, Held], int | None]) -> float | None:
    """Over all stages, median over trials."""
    tops = [
        max(values)
        for trial in trials
        if (
            values := [
                value for one in (*trial.stages, *trial.chunks) if (value := of(trial, one)) is not None
            ]
        )
    ]
    return median(tops) if tops else None


def _peak(trials: Sequence[MemoryTrial]) -> float | None:
    """Chromium sets a process's high water back from time to time: the highest reading counts.

    Less the resident size at the start, which the peak of then stands for.
    """
    found = [
        max(peaks) - peaks[0]
        for trial in trials
        if (peaks := [one.peak_bytes for one in trial.stages if one.peak_bytes is not None])
    ]
    return median(found) if found else None


def _peak_held(trials: Sequence[MemoryTrial]) -> float | None:
    found = [peak for trial in trials if (peak := peak_held_bytes(trial)) is not None]
    return median(found) if found else None
