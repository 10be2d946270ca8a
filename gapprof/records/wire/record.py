"""Calls of one function of the wasm are recorded."""

from msgspec import Struct

from gapprof.records.wire.open import OpenTask


class RecordTask(Struct, frozen=True, kw_only=True, tag="record", tag_field="kind"):
    """Runs of a model in a wasm that records one of its own functions' calls; see `transplant.rewriting`."""

    open: OpenTask
    """`outputs_url` gets the rows, and behind them the whole memory as it was before the last of them."""
    memory: str
    """Exports: where rows and memory are left ..."""
    count: str
    """... the variable that counts calls ..."""
    target: str
    """... that which says before which call memory is copied ..."""
    kept: tuple[str, ...]
    """... and the module's variables at that moment."""
    rows: int
    """At most."""
    rows_bytes: int
    """What is kept free for them."""


class Recorded(Struct, frozen=True, kw_only=True, tag="recorded", tag_field="kind"):
    """Calls of one function in one run of a model."""

    calls: int
    rows: int
    """Of those calls, that were left with the memory; 0: it is not called, and nothing was left."""
    memory_bytes: int
    kept: tuple[int, ...]
