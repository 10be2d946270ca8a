"""Where outputs that differ from native ones part: what nodes make on both sides of the same input. Raw."""

from msgspec import Struct

from gapprof.records.trial import OutputCheck


class Between(Struct, frozen=True, kw_only=True):
    """What one node makes, in the page against native."""

    place: int
    """Of the node among those of the model's file."""
    node: str
    op_type: str
    given: tuple[str, ...]
    """Tensors that it is made from and that other nodes made; inputs and weights are none of them."""
    check: OutputCheck
    """Its `output` is the tensor."""
    own: bool = False
    """Whether it is an output of the model."""


class Parting(Struct, frozen=True, kw_only=True, tag="parting", tag_field="entry"):
    """One visit beyond the rounds, with a session for every few tensors, which has those as outputs too."""

    rung: str
    """In whose page."""
    reference: str
    took_s: float
    looks: int
    """Sessions made on either side; the first has the model's own outputs alone."""
    between: tuple[Between, ...]
    """The model's own outputs first."""
    healed: bool
    """With outputs more, the model's own ones agreed, and without they did not: what nodes make was not
    merged then."""
    why: str = ""
    """What kept it from coming to its end; empty: nothing."""
