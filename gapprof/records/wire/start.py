"""The way to a first result."""

from typing import Literal

from msgspec import Struct

from gapprof.records.cold import FetchedFile
from gapprof.records.gpu_runs import GpuMade
from gapprof.records.wire.open import OpenTask

StartStep = Literal["prepare", "start", "settle", "recreate"]


class StartTask(Struct, frozen=True, kw_only=True, tag="start", tag_field="kind"):
    """The way to a first result, as a page goes it that nobody has prepared."""

    step: StartStep
    """Our own errands; the start; runs until they are steady; sessions made anew."""
    open: OpenTask
    settle_ms: float
    """At least so long ..."""
    settle_runs: int
    """... and so many runs."""
    recreations: int
    """Of every kind."""
    word: str
    """What the page says to its console once its main thread has the result of `start`."""


class Started(Struct, frozen=True, kw_only=True, tag="started", tag_field="kind"):
    """The step is done; what it has nothing to say of is empty."""

    threads: int
    moment_ms: float
    """By the page's clock, since 1970: its DOMContentLoaded (`prepare`), or when it heard of the order
    (`start`)."""
    stages_ms: dict[str, float]
    """In order, one after the other."""
    files: tuple[FetchedFile, ...]
    """As Resource Timing tells of them."""
    runs_ms: tuple[float, ...]
    usual_ms: tuple[float, ...]
    unoptimised_ms: tuple[float, ...]
    unpacked_ms: tuple[float, ...]
    parse_ms: tuple[float, ...]
    gpu_made: tuple[GpuMade, ...]
    """By stage."""
    gpu_waits_ms: tuple[float, ...]
    """Of runs that are steady: what they wait for the GPU."""
