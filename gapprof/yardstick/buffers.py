"""Which addresses a twin is called with: buffers taken in turn from a memory as large as the model's. Pure.

In a model every node finds its weights where the others have pushed them; a loop over one buffer would find
them in the first cache. What is written lies apart from what is read, so that inputs stay ordinary numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.kernels.families.conv import SLACK_BYTES

MOST_BYTES = 64 << 20
"""Of the part that is read: twice what any last-level cache of a client gives one core."""
_MOST_CALLS = 64
_LINE_BYTES = 64
_START = 1024

Call = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """Stretches one after the other."""

    read_bytes: int
    written_bytes: int
    alone_bytes: int = 0
    """For nests that stay on buffers of their own, read and written."""

    @property
    def size_bytes(self) -> int:
        """Of all, with room to read on behind each."""
        return _START + self.read_bytes + self.written_bytes + self.alone_bytes + 3 * SLACK_BYTES


def memory_for(needs: Sequence[tuple[int, ...]], footprint_bytes: int) -> Memory:
    """Large enough for every need (bytes per parameter, the written one last), and for the footprint."""
    reads = max((sum(_lined(one) for one in need[:-1]) for need in needs), default=0)
    writes = max((_lined(need[-1]) for need in needs), default=0)
    bounded = min(footprint_bytes, MOST_BYTES)
    return Memory(read_bytes=max(reads, bounded), written_bytes=max(writes, min(bounded, MOST_BYTES // 4)))


def calls(need: tuple[int, ...], memory: Memory) -> tuple[Call, ...]:
    """Arguments of as many calls as find buffers of their own."""
    *inputs, output = need
    each = sum(_lined(one) for one in inputs)
    sets = max(1, min(_MOST_CALLS, memory.read_bytes // max(each, 1)))
    results = max(1, min(sets, memory.written_bytes // _lined(output)))
    first_result = _START + memory.read_bytes + SLACK_BYTES
    found = []
    for number in range(sets):
        at, addresses = _START + number * each, []
        for one in inputs:
            addresses.append(at)
            at += _lined(one)
        found.append((*addresses, first_result + number % results * _lined(output)))
    return tuple(found)


def alone(need: tuple[int, ...], memory: Memory) -> Call:
    """Arguments of the one call of a nest that stays on its buffers; these lie one behind the other."""
    addresses, at = [], _lines(_START + memory.read_bytes + memory.written_bytes + 2 * SLACK_BYTES)
    for one in need:
        addresses.append(at)
        at += _lined(one)
    return tuple(addresses)


def room_for(needs: Sequence[tuple[int, ...]]) -> int:
    """`alone_bytes` that hold each of these."""
    return _LINE_BYTES + max((sum(_lined(one) for one in need) for need in needs), default=0)


def _lined(size_bytes: int) -> int:
    """On cache lines of its own, with room behind it for loads that take more than they use."""
    return _lines(size_bytes + SLACK_BYTES)


def _lines(size_bytes: int) -> int:
    return -(-size_bytes // _LINE_BYTES) * _LINE_BYTES
