"""In which order shapes are tuned, where the time may not suffice for all of them. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from gapprof.records.model import NodeCensus
from gapprof.records.twins import TwinNode

_FLOPS_PER_S, _BYTES_PER_S = 30e9, 20e9
"""Half of what a core was seen to do in a browser: only their ratio matters here."""


def likely_s(nodes: Iterable[TwinNode], census: Iterable[NodeCensus]) -> dict[str, float]:
    """Shape → seconds of a run that its nodes take, on paper: what tuning may save is a share of that.

    What prepares an operand counts as much as the nest that reads it.
    """
    rows = {row.name: row for row in census}
    found: dict[str, float] = {}
    for node in nodes:
        row = rows.get(node.name)
        if row is None:
            continue
        took_s = (row.flops or 0) / _FLOPS_PER_S + (row.bytes or 0) / _BYTES_PER_S
        for part in node.parts:
            found[part] = found.get(part, 0.0) + took_s
    return found


def in_order(shapes: Sequence[str], saved_s: Mapping[str, float]) -> tuple[str, ...]:
    """Those of no node first: there are few, and what the browser can do at best is read off them."""
    return tuple(sorted(shapes, key=lambda shape: -saved_s.get(shape, float("inf"))))
