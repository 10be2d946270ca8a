"""Memory for the activations of a program: what nobody reads any more is used again."""

from dataclasses import dataclass, field

from gapprof.kernels.arena import Arena


@dataclass(slots=True)
class Memory:
    """An arena whose blocks come back."""

    arena: Arena = field(default_factory=Arena)
    _free: list[tuple[int, int]] = field(default_factory=list)
    """(bytes, offset)"""

    def take(self, size_bytes: int) -> int:
        """The smallest free block that is large enough, else a new one."""
        for size, offset in sorted(self._free):
            if size_bytes <= size <= 2 * size_bytes:
                self._free.remove((size, offset))
                return offset
        return self.arena.place(size_bytes)

    def give_back(self, offset: int, size_bytes: int) -> None:
        """A block that nobody reads any more."""
        self._free.append((size_bytes, offset))
