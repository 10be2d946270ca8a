"""What is open goes on warming up."""

from msgspec import Struct


class WarmTask(Struct, frozen=True, kw_only=True, tag="warm", tag_field="kind"):
    """Go on warming up what is open; both bounds are to be met."""

    warmup_ms: float
    warmup_runs: int


class Warmed(Struct, frozen=True, kw_only=True, tag="warmed", tag_field="kind"):
    """Single runs of a further stretch of warm-up, in order."""

    runs_ms: tuple[float, ...]
