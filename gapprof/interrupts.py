"""Ctrl-C, SIGTERM and SIGHUP stop gapprof in one way, and never in the middle of what must be whole."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

_INSISTENCE = 3
"""Terminals and supervisors may send two signals for one wish to stop; a third is a person who insists."""


@contextmanager
def all_alike() -> Iterator[None]:
    """SIGTERM and SIGHUP take the way of Ctrl-C: what cleans up after the one cleans up after the others."""

    def interrupt(_: int, __: FrameType | None) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            raise KeyboardInterrupt  # a shell starts background jobs deaf to Ctrl-C, and to Ctrl-C alone
        signal.raise_signal(signal.SIGINT)

    before = {number: signal.signal(number, interrupt) for number in _heard("SIGTERM", "SIGHUP")}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Hold:
    """Keeps what would interrupt waiting, except where it is lifted.

    Without one, an import that is cut in half cannot be repeated (numpy refuses), and the report that an
    interrupted run still owes would not be written.
    """

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._waiting = 0
        self._before = {number: signal.signal(number, self._hear) for number in numbers}

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Interrupts come through in here; one that waited does so at once."""
        try:
            self._restore()
            self._let_through()
            yield
        finally:
            for number in self._before:
                signal.signal(number, self._hear)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _let_through(self) -> None:
        if self._waiting:
            self._waiting = 0
            raise KeyboardInterrupt

    def _hear(self, _: int, __: FrameType | None) -> None:
        self._waiting += 1
        if self._waiting >= _INSISTENCE:
            self._let_through()


@contextmanager
def held() -> Iterator[Hold]:
    """Interrupts wait until the end of this block, or until the hold is lifted."""
    hold = Hold(_heard("SIGINT", "SIGTERM", "SIGHUP"))
    try:
        yield hold
    finally:
        hold._restore()
    hold._let_through()  # not after an error: it says more than that somebody wanted to stop


def _heard(*names: str) -> Iterator[signal.Signals]:
    """Those that this system has and that we were not started deaf to, as by nohup."""
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            yield number
