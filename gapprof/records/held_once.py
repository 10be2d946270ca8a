"""A profile whose equal texts and times are held once: the nodes of a large graph have few different ones.

A decoder makes each anew. Times are whole microseconds, of most nodes a few; operators and providers are a
handful, and the names of the nodes are those of every other profile of the same graph.
"""

import sys
from dataclasses import dataclass, field

from msgspec.structs import replace

from gapprof.records.trial import NodeTime, Profile


def holding_once(profile: Profile) -> Profile:
    """The same values, in a third of the memory."""
    seen = _Seen()
    return replace(profile, nodes=tuple(_node(node, seen) for node in profile.nodes))


@dataclass(frozen=True, slots=True)
class _Seen:
    """Times of runs, and those of all runs of a node together."""

    times_ms: dict[float, float] = field(default_factory=dict)
    samples_ms: dict[tuple[float, ...], tuple[float, ...]] = field(default_factory=dict)

    def samples_like(self, samples_ms: tuple[float, ...]) -> tuple[float, ...]:
        """The same ones, if they were seen before.

        Of times a copy is kept: an allocator gives nothing back as long as one of those that were decoded
        together is held.
        """
        known = self.samples_ms.get(samples_ms)
        if known is None:
            known = tuple(self.times_ms.setdefault(ms, 1.0 * ms) for ms in samples_ms)
            self.samples_ms[known] = known
        return known


def _node(node: NodeTime, seen: _Seen) -> NodeTime:
    return NodeTime(
        name=sys.intern(node.name),
        op_type=sys.intern(node.op_type),
        provider=sys.intern(node.provider),
        samples_ms=seen.samples_like(node.samples_ms),
    )
