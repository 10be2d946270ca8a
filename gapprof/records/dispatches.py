"""The dispatches of a model's steady run by the GPU's own clock, in a pass apart from all timed ones. Raw."""

from msgspec import Struct

from gapprof.records.gpu import GpuTimeline


class AskedDispatch(Struct, frozen=True, kw_only=True):
    """A dispatch as the library asked for it."""

    program: str
    """As the library calls it: the label of its pipeline, or of its shader."""
    workgroups: tuple[int, int, int] | None
    """None: how many stood in a buffer."""
    bound_bytes: int
    """Of the storage that its shader may touch, each stretch once: what is bound, which may be rounded up."""
    submit: int
    """The how-manieth of the run's submits took it to the GPU."""


class TimedDispatches(Struct, frozen=True, kw_only=True, tag="dispatches", tag_field="entry"):
    """One replay in which every dispatch has a pass of its own between two timestamps."""

    took_s: float
    timeline: GpuTimeline | None
    asked: tuple[AskedDispatch, ...] = ()
    """In the order of the timeline's."""
    submits: int = 0
    """Of the run."""
    why: str = ""
    """Of what is None."""
