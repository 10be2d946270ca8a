"""Trials of what is held of memory, made up by stage and by chunk; and what a report says of them."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.digest.memory import memory_sentences
from gapprof.explain.report import build
from gapprof.records.memory import Held, MemoryTrial
from gapprof.records.report import Report
from gapprof.records.sections.memory import Memory, MemoryRow, MemorySlope
from tests.truth.recorder import record

MIB = 1 << 20
FILE, MODULE = 100 * MIB, 14 * MIB
HEAP, TOUCHED = 265 * MIB, 234 * MIB
PAGE: Mapping[str, Mapping[str, int]] = {
    "start": {"renderer": 50 * MIB, "js": MIB},
    "load": {"renderer": 155 * MIB, "js": MIB, "buffers": FILE},
    "create": {"renderer": 420 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 9 * MIB},
    "first-run": {"renderer": 421 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 10 * MIB},
    "steady": {"renderer": 421 * MIB, "js": 3 * MIB, "buffers": FILE, "heap": HEAP, "code": 10 * MIB},
    "released": {"renderer": 320 * MIB, "js": 3 * MIB, "heap": HEAP, "code": 10 * MIB},
    "again": {"renderer": 324 * MIB, "js": 3 * MIB, "heap": HEAP, "code": 10 * MIB},
    "left": {"renderer": 60 * MIB, "js": MIB},
}
NATIVE = {
    "start": 20,
    "load": 36,
    "create": 290,
    "first-run": 291,
    "steady": 291,
    "released": 250,
    "again": 291,
}
QUIET = dict.fromkeys((*PAGE, "chunk"), (180, 150, 80))
"""An empty page that once was larger than it is at the start."""


def in_page(stage: str, runs: int, left: Mapping[str, int] = {}) -> Held:
    told = PAGE["released" if stage == "chunk" else stage]
    heap = told.get("heap", 0)
    return Held(
        stage=stage,
        runs=runs,
        processes={"renderer": told["renderer"] + 80 * MIB, "browser": 130 * MIB},
        files={"renderer": 80 * MIB, "browser": 100 * MIB},
        peak_bytes=(500 if stage == "create" else 110) * MIB,
        wasm_heap_bytes=heap,
        wasm_mapped_bytes=heap,
        wasm_touched_bytes=(TOUCHED if heap else 0) + left.get("heap", 0) * runs,
        code_bytes=told.get("code", 0),
        js_heap_bytes=told["js"] + left.get("js", 0) * runs,
        array_buffers_bytes=told.get("buffers", 0) + left.get("buffers", 0) * runs,
    )


def web(number: int = 0, left: Mapping[str, int] = {}, **changes: Any) -> MemoryTrial:
    trial = MemoryTrial(
        side="web",
        arena=True,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        model_bytes=FILE,
        module_bytes=MODULE,
        stages=tuple(in_page(stage, 0) for stage in PAGE),
        chunks=tuple(in_page("chunk", 10 * chunk, left) for chunk in range(1, 9)),
        told_by="pss",
    )
    return replace(trial, **changes)


def native(number: int = 0, *, arena: bool = True, steady: int = 291) -> MemoryTrial:
    def one(stage: str, held: int, runs: int = 0) -> Held:
        return Held(stage=stage, runs=runs, processes={"native": held * MIB}, files={}, peak_bytes=held * MIB)

    held = {**NATIVE, "steady": steady}
    return MemoryTrial(
        side="native",
        arena=arena,
        round=number,
        started_s=0.0,
        ended_s=1.0,
        threads=1,
        model_bytes=FILE,
        module_bytes=0,
        stages=tuple(one(stage, mib) for stage, mib in held.items()),
        chunks=tuple(one("chunk", steady, 10 * chunk) for chunk in range(1, 9)),
        told_by="pss",
    )


def sized(trial: MemoryTrial, sizes: Mapping[str, tuple[int, int, int]]) -> MemoryTrial:
    """With the kernel's mark, the resident size and the pages of files of it at each stage, MiB."""

    def told(one: Held) -> Held:
        peak, now, files = (mib * MIB for mib in sizes[one.stage])
        own = {"renderer": max(0, now - files)}
        sizes_of = {"resident_bytes": now, "resident_file_bytes": files, "peak_bytes": peak}
        return replace(one, processes=own, files={}, **sizes_of)

    return replace(trial, stages=tuple(map(told, trial.stages)), chunks=tuple(map(told, trial.chunks)))


def report(*trials: MemoryTrial) -> Report:
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    return build(replace(recording, entries=(*recording.entries, *trials)))


def memory(*trials: MemoryTrial) -> Memory:
    return report(*trials).memory


def rows(found: Memory) -> Mapping[str, MemoryRow]:
    return {row.stage: row for row in found.rows}


def slope(found: Memory, side: str = "web") -> MemorySlope:
    return next(one for one in found.slopes if one.side == side)


def said(found: Memory) -> str:
    return " ".join(memory_sentences(found))
