"""Where buffers lie in the one memory that a kernel's addresses are offsets of."""

from gapprof.kernels.families.conv import SLACK_BYTES

_LINE_BYTES = 64
_FIRST = 1024
"""Address 0 stays free: a pointer that was never set is seen."""


class Arena:
    """Hands out stretches, each on a cache line of its own, with room behind it to read on."""

    def __init__(self) -> None:
        self._next = _FIRST

    @property
    def size_bytes(self) -> int:
        """Of everything handed out so far."""
        return self._next

    def place(self, size_bytes: int) -> int:
        """The offset of a new stretch."""
        offset = self._next
        end = offset + size_bytes + SLACK_BYTES
        self._next = -(-end // _LINE_BYTES) * _LINE_BYTES
        return offset
