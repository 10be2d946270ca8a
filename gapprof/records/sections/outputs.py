"""Outputs of the browser that differ from native ones. A part of the report."""

from msgspec import Struct


class OutputsApart(Struct, frozen=True, kw_only=True):
    """The first output of the browser's chain that does not agree, and the node at which that begins."""

    rung: str
    reference: str
    output: str
    max_relative_difference: float | None
    """Of the largest value of the reference's; None where that value is 0, and where shapes or the places of
    NaN and infinities differ."""
    cosine: float | None
    """Of both as vectors. None where shapes or the places of NaN and infinities differ, for what is no
    floating-point number, and in recordings of an earlier gapprof."""
    node: str | None
    """All that it is given agrees, and what it makes does not. None with `why`."""
    op_type: str | None
    node_cosine: float | None
    """Of what it makes; None as for `cosine`."""
    looked_at: int
    """Tensors of the graph that were compared, the model's outputs among them."""
    why: str = ""
    """Of a node that is missing."""
