"""What a run tells whoever watches it. Watching never changes what is measured."""

from collections.abc import Callable

from msgspec import Struct

from gapprof.records.recording import Recording


class Progress(Struct, frozen=True, kw_only=True):
    """One step of a run. `recording` is given after each round: enough for a provisional ranking."""

    phase: str
    """`page`, `preflight`, `rounds`, `side`, `done`."""
    text: str
    rung: str | None = None
    round: int | None = None
    rounds_planned: int | None = None
    elapsed_s: float
    projected_s: float | None = None
    waited_s: float | None = None
    """For how long this visit has waited for fast cores by now; None: it does not wait."""
    recording: Recording | None = None


Observer = Callable[[Progress], None]
