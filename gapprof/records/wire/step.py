"""A model's life, step by step."""

from typing import Literal

from msgspec import Struct

from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.wire.open import OpenTask

Step = Literal["load", "create", "run", "scan", "release"]


class StepTask(Struct, frozen=True, kw_only=True, tag="step", tag_field="kind"):
    """One step of a model's life, so that somebody outside can look before the next one."""

    step: Step
    """Library, file and inputs; a session, and the file's bytes given up; runs; a look at what of the wasm
    heap is written anew; the session's end."""
    open: OpenTask
    arena: bool
    """`enableCpuMemArena` of the session."""
    runs: int
    """For `run`."""


class Stepped(Struct, frozen=True, kw_only=True, tag="stepped", tag_field="kind"):
    """The step is done."""

    took_ms: float
    threads: int
    wasm_heap_bytes: int
    """Of all wasm memories of this realm."""
    heap_written_bytes: int
    """Of these, in pages, what was written for the first time since the first `scan`; as of the last."""
    gpu_buffers: GpuBuffers | None
    """None on the processor."""
