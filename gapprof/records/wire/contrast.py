"""Two models in one realm, by turns."""

from msgspec import Struct

from gapprof.records.wire.open import OpenTask


class ContrastTask(Struct, frozen=True, kw_only=True, tag="contrast", tag_field="kind"):
    """What is open and another model, in the same realm: a batch of the one, a batch of the other, and on."""

    other: OpenTask
    batch: int
    rounds: int


class Contrasted(Struct, frozen=True, kw_only=True, tag="contrasted", tag_field="kind"):
    """Per-inference means, one of each model per round."""

    open_ms: tuple[float, ...]
    other_ms: tuple[float, ...]
