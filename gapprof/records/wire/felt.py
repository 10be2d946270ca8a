"""What somebody before the page feels."""

from msgspec import Struct


class FeltTask(Struct, frozen=True, kw_only=True, tag="felt", tag_field="kind"):
    """Frames, long tasks, a video, components, an application's steps; while what is open runs or rests."""

    duty: float
    """Share of the time in which the model is to run; 0: it rests, 1: run after run."""
    step_duty: float
    """The same beside the application's steps."""
    watch_ms: float
    repeats: int
    """Of each component and of each step."""
    seed: int


class Felt(Struct, frozen=True, kw_only=True, tag="felt", tag_field="kind"):
    """Raw, in order."""

    frames_ms: tuple[float, ...]
    """Between frames' callbacks."""
    long_tasks_ms: tuple[float, ...]
    video_frames: int
    """Presented, behind the first one, ..."""
    video_dropped: int
    video_ms: float
    """... until the last one."""
    components_ms: dict[str, tuple[float, ...]]
    """Component → from when it was due until it was painted."""
    steps_ms: dict[str, tuple[float, ...]]
    """Step of an application → the same."""
    runs_ms: tuple[float, ...]
    """Of the model meanwhile, beside frames, the video and components."""
    runs_over_ms: float
    """How long it was at them, the rest behind the last one included."""
    step_runs_ms: tuple[float, ...]
    """Of the model beside the steps."""
    step_runs_over_ms: float
