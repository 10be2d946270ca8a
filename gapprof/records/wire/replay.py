"""Recorded calls of functions of the wasm are repeated."""

from msgspec import Struct


class ReplayCase(Struct, frozen=True, kw_only=True):
    """Recorded calls of one function."""

    repeat: str
    """The export that repeats them: how often, the address of the rows, how many there are."""
    image_url: str
    """Memory, whole pages."""
    rows_url: str
    rows: int
    variables: tuple[tuple[str, int], ...]
    """Exported variables and what they hold."""


class ReplayTask(Struct, frozen=True, kw_only=True, tag="replay", tag_field="kind"):
    """Recorded calls in the module that they come from, each case on a memory of its own, in rounds.

    Memory is as it was recorded before every sample; a pass over all rows before each one is not timed.
    """

    module_url: str
    most_pages: int
    """Of memory, as the module declares it."""
    cases: tuple[ReplayCase, ...]
    seed: int
    warmup_ms: float
    sample_ms: float
    """A sample is as many passes over all rows as take so long."""
    samples: int
    """0: nothing is timed."""


class Replayed(Struct, frozen=True, kw_only=True, tag="replayed", tag_field="kind"):
    """Raw times of all cases."""

    samples_us: tuple[tuple[float, ...], ...]
    """Per case: means of a call, in order."""
    sha256: tuple[str, ...]
    """Per case: of memory and rows behind it after two passes over all rows."""
