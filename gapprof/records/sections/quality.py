"""Quality of experience. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate


class FeltRow(Struct, frozen=True, kw_only=True):
    """One figure of the page: while the model rests, runs on its main thread, and runs in a worker."""

    id: str
    title: str
    unit: str
    aspect: Literal["responsiveness", "smoothness"]
    more_is_better: bool
    idle: Estimate | None
    main: Estimate | None
    worker: Estimate | None
    main_times: Estimate | None
    """Times as much as at rest. None where one of both is 0."""
    worker_times: Estimate | None


class LateRow(Struct, frozen=True, kw_only=True):
    """A stream of inputs, seen with answers that may be late."""

    who: Literal["rate", "native", "web"]
    """`rate`: answers are had so often, each at once; else at the pace that was measured."""
    answers_per_s: float
    latency_ms: float | None
    accuracy: float | None
    """Share of the frames that are seen with the answer that native gives to that very frame. None where
    there was no answer in time."""


class Answers(Struct, frozen=True, kw_only=True):
    """What the model answers in the page, beside what it answers natively."""

    frames: int
    """Inputs of the stream; neighbours are alike."""
    frames_per_s: float
    output: str
    """Whose largest values are classes; empty where no output has any."""
    max_abs_difference: float
    max_relative_difference: float
    """Over the largest value of the same native output."""
    cosine: float
    """The least."""
    top1: float | None
    """Share of the frames for which both sides' first class is the same."""
    top5: float | None
    """... for which native's first is among the page's first five."""
    classes: int
    """Different first classes that native names over the stream; 1: late answers are right all the same."""
    late: tuple[LateRow, ...]


class QoE(Struct, frozen=True, kw_only=True):
    """Quality of experience (`--qoe`): what inference does to the page, and what its answers are worth."""

    duty: float
    """Share of the time in which the model ran while it did not rest."""
    step_duty: float
    """The same beside an application's steps."""
    threads: int
    rows: tuple[FeltRow, ...]
    answers: Answers | None
    why: str = ""
    """Of what is missing."""
