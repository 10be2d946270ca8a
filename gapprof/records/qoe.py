"""What somebody in front of the page feels, and what the model answers there. Raw."""

from typing import Literal

from msgspec import Struct

from gapprof.records.trial import Load

Graph = Literal["common", "own"]
"""The graph that native onnxruntime optimised once, or the user's own file with the runtime's own options."""

Condition = Literal["idle", "main", "worker"]
CONDITIONS: tuple[Condition, ...] = ("idle", "main", "worker")
"""The model rests, runs on the page's main thread, or in a worker; in all three it is loaded."""


class FeltTrial(Struct, frozen=True, kw_only=True, tag="felt", tag_field="entry"):
    """One fresh browser. What is due at a moment is timed from that moment: a busy main thread counts."""

    condition: Condition
    round: int
    attempt: int = 0
    graph: Graph = "common"
    started_s: float
    ended_s: float
    duty: float
    """Share of the time in which the model was to run; 1: run after run."""
    step_duty: float
    """The same beside the application's steps."""
    frames_ms: tuple[float, ...]
    """Between frames' callbacks."""
    long_tasks_ms: tuple[float, ...]
    """Tasks of the main thread of 50 ms and more, in the same stretch."""
    video_frames: int
    """Presented, behind the first one, ..."""
    video_dropped: int
    video_ms: float
    """... until the last one."""
    components_ms: dict[str, tuple[float, ...]]
    """Component of an interface → from when it was due until it was painted."""
    steps_ms: dict[str, tuple[float, ...]]
    """Step of an application → the same."""
    events_ms: tuple[float, ...]
    """From a real click until the frame that answers it was painted."""
    runs_ms: tuple[float, ...]
    """Of the model meanwhile, beside frames, the video and components."""
    threads: int
    load: Load
    struck: tuple[str, ...] = ()
    """Why it does not count (load from outside, and it was repeated); empty: it counts."""
    runs_over_ms: float | None = None
    """How long it was at `runs_ms`, the rest behind the last one included: over that, their sum is the duty
    that was reached. None: nobody looked. Since 1.18, as all below."""
    step_runs_ms: tuple[float, ...] = ()
    """Of the model beside the application's steps."""
    step_runs_over_ms: float | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What both sides answered to one frame of a stream."""

    max_abs_difference: float
    """Over all outputs."""
    max_relative_difference: float
    """The largest difference of an output over the largest value of the native one."""
    cosine: float
    """The least of all outputs."""
    native_top: tuple[int, ...]
    """Classes of the main output, the likeliest first; empty where no output has classes."""
    web_top: tuple[int, ...]
    scene: int = 0
    """Which one the frame shows, or shows more of."""
    native_nearest: int | None = None
    """The scene whose native answer native's answer to this frame is nearest to; None where nothing can be
    near (see `gapprof.qoe.nearest`)."""
    web_nearest: int | None = None
    """The scene whose native answer the page's answer to this frame is nearest to."""


class StreamAnswered(Struct, frozen=True, kw_only=True, tag="answers", tag_field="entry"):
    """A stream of inputs, answered natively and in the browser."""

    frames_per_s: float
    """At which the stream is thought to come in."""
    output: str
    """The one whose classes count; empty where there is none."""
    answers: tuple[Answer, ...]
    """One for each different frame."""
    order: tuple[int, ...] = ()
    """The stream: which of the frames comes after which; empty: each once, as they stand."""
    given: bool = False
    """Scenes are the user's inputs; else seeded ones, but perhaps the first."""
    labels: tuple[int, ...] = ()
    """The right class of each scene, where the user gave them."""
    native_graph: Graph = "common"
    web_graph: Graph = "common"
    web_where: str = "main"
    native_runs_ms: tuple[float, ...]
    web_runs_ms: tuple[float, ...]
