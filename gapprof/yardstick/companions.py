"""Threads that do the same as the one that is timed: what a thread gets where all of them work."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_LOOKS_S = 30.0
"""Longer than any single piece of work; whoever is waited for beyond that has died."""


@dataclass(slots=True)
class Companions:
    """Threads at work on the same piece; machine code called by ctypes leaves Python to the others."""

    barrier: threading.Barrier
    wanted: int | None = None

    @contextmanager
    def working(self, at: int) -> Iterator[None]:
        """While this lasts every companion does piece `at`, over and over."""
        self.wanted = at
        self.barrier.wait(_LOOKS_S)
        try:
            yield
        finally:
            self.wanted = None
            self.barrier.wait(_LOOKS_S)

    def follow(self, pieces: Sequence[Callable[[], None]]) -> None:
        """What a companion does until the barrier is broken; it breaks it itself where a piece fails."""
        with suppress(threading.BrokenBarrierError):
            try:
                while True:
                    self.barrier.wait()
                    at = self.wanted
                    while at is not None and self.wanted == at:
                        pieces[at]()
                    self.barrier.wait()
            finally:
                self.barrier.abort()


@contextmanager
def accompanied(pieces: Sequence[Sequence[Callable[[], None]]]) -> Iterator[Companions]:
    """One thread for each sequence of pieces; none is left in the end."""
    companions = Companions(threading.Barrier(len(pieces) + 1))
    threads = [threading.Thread(target=companions.follow, args=(own,), daemon=True) for own in pieces]
    for thread in threads:
        thread.start()
    try:
        yield companions
    finally:
        companions.barrier.abort()
        for thread in threads:
            thread.join()
