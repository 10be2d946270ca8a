"""Blocks of runs with onnxruntime-web's profiler and without."""

from msgspec import Struct
from msgspec.structs import force_setattr

from gapprof.records.held_once import texts_held_once, times_held_once
from gapprof.records.wire.open import OpenTask


class ProfileTask(Struct, frozen=True, kw_only=True, tag="profile", tag_field="kind"):
    """Blocks of `runs` single runs of what is open, and as many of a profiled session of the same model.

    Each block begins with one run that is not counted.
    """

    open: OpenTask
    blocks: int
    runs: int
    most_warmup_runs: int = 40
    """Of the profiled session: printing what its profiler keeps takes longer than running."""


class ProfiledNode(Struct, frozen=True, kw_only=True):
    """One node of the graph as the profiler names it; one value per run."""

    name: str
    op_type: str
    provider: str
    samples_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        texts_held_once(self, "name", "op_type", "provider")
        force_setattr(self, "samples_ms", times_held_once(self.samples_ms))


class Profiled(Struct, frozen=True, kw_only=True, tag="profiled", tag_field="kind"):
    """Both sides of a profiled pass."""

    unprofiled_ms: tuple[float, ...]
    profiled_ms: tuple[float, ...]
    model_run_ms: tuple[float, ...]
    nodes: tuple[ProfiledNode, ...]
