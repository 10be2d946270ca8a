"""Quality of experience. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate

PageKind = Literal["quiet", "busy", "busier", "own"]


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


class PageRow(Struct, frozen=True, kw_only=True):
    """What a page does to inference: requests on it, beside requests on a quiet page in the same rounds."""

    page: PageKind
    """A page that does nothing; the built-in busy page, and at twice its load; the user's own."""
    rung: str
    request_ms: Estimate | None
    """From when a request was due until its result was there."""
    times: Estimate | None
    """Times as long as on the quiet page; None for that page itself."""
    visits: int
    disturbed_visits: int
    """Of them, those during which other programs were at work."""
    why: str = ""
    """There are no figures."""


class LateRow(Struct, frozen=True, kw_only=True):
    """A stream of inputs, seen with answers that may be late."""

    who: Literal["rate", "native", "web"]
    """`rate`: answers are had so often, each at once; else at the pace that was measured."""
    answers_per_s: float
    latency_ms: float | None
    accuracy: float | None
    """Share of the frames that are seen with the right first class: native's for that very frame, or its
    label. None where there was no answer in time, or no output has classes."""
    interval: Estimate | None = None
    """The same, as the mean over scenes with Student's t over them; `rounds` are scenes. Since 1.9."""
    nearest: Estimate | None = None
    """Share of the frames that are seen with an answer nearest to the same scene's as native's answer to
    that very frame; over scenes likewise. Since 1.9."""


class Labelled(Struct, frozen=True, kw_only=True):
    """First classes held against labels that the user gave. Intervals are Wilson's; `rounds` are inputs."""

    inputs: int
    native: Estimate
    web: Estimate


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
    scenes: int = 0
    """Inputs that stand still for a while in the stream; between seeded ones lie frames that turn from one
    into the next. 0: not told. Since 1.9."""
    stream_frames: int = 0
    """Of the whole stream, in which each of the inputs comes many times. Since 1.9."""
    given: bool = False
    """Scenes are the inputs that the user gave. Since 1.9."""
    nearest: float | None = None
    """Share of the inputs for which the page's answer is nearest to the same scene's as native's. Since
    1.9."""
    nearest_scenes: int = 0
    """Different scenes that native's answers are nearest to; 1: that figure says nothing. Since 1.9."""
    native_graph: str = "common"
    web_graph: str = "common"
    """`own`: the user's file with the runtime's own options. `common`: as native optimised it once."""
    web_where: str = "main"
    labelled: Labelled | None = None
    """None where nobody gave labels, or no output has classes. Since 1.9."""


class QoE(Struct, frozen=True, kw_only=True):
    """Quality of experience (`--qoe`): what inference does to the page, and what its answers are worth."""

    duty: float
    """Share of the time in which the model was to run while it did not rest. What it reached of that are the
    rows `duty` and `step-duty`, which older recordings have not."""
    step_duty: float
    """The same beside an application's steps."""
    threads: int
    rows: tuple[FeltRow, ...]
    answers: Answers | None
    why: str = ""
    """Of what is missing."""
    graph: str = "common"
    """Which the page ran while it was felt, as in `answers`. Since 1.9."""
    visits: int = 0
    """That count, of those that felt the page. Since 1.9."""
    disturbed_visits: int = 0
    """Of them, those during which other programs were at work. Since 1.9."""
    repeated_visits: int = 0
    """That do not count, because other programs were at work. Since 1.9."""
    pages: tuple[PageRow, ...] = ()
    """The other direction. Since 1.9."""
