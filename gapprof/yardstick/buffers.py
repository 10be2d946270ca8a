"""Which addresses a twin is called with: as cold or warm as a node of the model finds its tensors. Pure.

A node finds its weights where all the others have pushed them: they are taken in turn from a stretch as large
as the model's. What it reads beside them the node before has just written: that stays where it is. Its result
goes to memory that was last used some nodes ago: it is written in turn to a stretch as large as all that the
model keeps alive at once. A loop over one buffer each would find everything in the first cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct

from gapprof.kernels.families.conv import SLACK_BYTES

MOST_BYTES = 64 << 20
"""Of the weights: twice what any last-level cache of a client gives one core."""
_MOST_CALLS = 64
"""Of tables that are told to a page: what is smaller than a 64th of the stretch comes from less of it."""
_LINE_BYTES = 64
_START = 1024

Call = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes of each parameter's buffer, the written one last, and which of them are weights."""

    sizes: tuple[int, ...]
    weights: tuple[int, ...] = ()

    @property
    def inputs_bytes(self) -> int:
        """Of what is read beside weights, each on lines of its own."""
        return sum(_lined(size) for place, size in enumerate(self.sizes[:-1]) if place not in self.weights)

    @property
    def weights_bytes(self) -> int:
        """Likewise."""
        return sum(_lined(self.sizes[place]) for place in self.weights)

    @property
    def written_bytes(self) -> int:
        """Likewise, of the result."""
        return _lined(self.sizes[-1])


class Memory(Struct, frozen=True, kw_only=True):
    """Stretches one after the other; what is written lies apart, so that inputs stay ordinary numbers."""

    weights_bytes: int
    inputs_bytes: int
    written_bytes: int
    alone_bytes: int = 0
    """For nests that stay on buffers of their own, read and written."""

    @property
    def size_bytes(self) -> int:
        """Of all, with room to read on behind each."""
        stretches = self.weights_bytes + self.inputs_bytes + self.written_bytes + self.alone_bytes
        return _START + stretches + 4 * SLACK_BYTES

    @property
    def first_input(self) -> int:
        """Where what is read beside weights begins."""
        return _lines(_START + self.weights_bytes + SLACK_BYTES)

    @property
    def first_result(self) -> int:
        """Where results begin."""
        return _lines(self.first_input + self.inputs_bytes + SLACK_BYTES)


def memory_for(
    needs: Sequence[Need], *, footprint_bytes: int, alive_bytes: int, alone: Sequence[Need] = ()
) -> Memory:
    """Large enough for every need, for the model's weights and for the activations it keeps alive at once.

    `alone`: those that stay on buffers of their own.
    """
    return Memory(
        weights_bytes=max(min(footprint_bytes, MOST_BYTES), *(0, *(one.weights_bytes for one in needs))),
        inputs_bytes=max((one.inputs_bytes for one in needs), default=0),
        written_bytes=max(min(alive_bytes, MOST_BYTES // 4), *(0, *(one.written_bytes for one in needs))),
        alone_bytes=_LINE_BYTES + max((sum(map(_lined, one.sizes)) for one in alone), default=0),
    )


def calls(need: Need, memory: Memory) -> tuple[Call, ...]:
    """Arguments of as many calls as find weights, or a place for the result, of their own."""
    weights = _sets(memory.weights_bytes, need.weights_bytes)
    results = _sets(memory.written_bytes, need.written_bytes)
    return tuple(
        (*_read(need, memory, number % weights), memory.first_result + number % results * need.written_bytes)
        for number in range(max(weights, results))
    )


def alone(need: Need, memory: Memory) -> Call:
    """Arguments of the one call of a nest that stays on its buffers; these lie one behind the other."""
    addresses, at = [], _lines(memory.first_result + memory.written_bytes + SLACK_BYTES)
    for one in need.sizes:
        addresses.append(at)
        at += _lined(one)
    return tuple(addresses)


def _read(need: Need, memory: Memory, number: int) -> Iterator[int]:
    """What is read, with the weights of that number."""
    weight, other = _START + number * need.weights_bytes, memory.first_input
    for place, size in enumerate(need.sizes[:-1]):
        if place in need.weights:
            yield weight
            weight += _lined(size)
        else:
            yield other
            other += _lined(size)


def _sets(stretch_bytes: int, each_bytes: int) -> int:
    """How often a stretch holds something; once what is nothing."""
    return max(1, min(_MOST_CALLS, stretch_bytes // each_bytes)) if each_bytes else 1


def _lined(size_bytes: int) -> int:
    """On cache lines of its own, with room behind it for loads that take more than they use."""
    return _lines(size_bytes + SLACK_BYTES)


def _lines(size_bytes: int) -> int:
    return -(-size_bytes // _LINE_BYTES) * _LINE_BYTES
