"""A terminal of a program's own, and what was announced on it."""

import os
import pty
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STEP = re.compile(rb"round (\d+) of \d+.*?now: ([^\x1b\r\n]+)[\x1b\r\n]", re.DOTALL)


class Screen:
    """Both ends of it, and everything that was drawn."""

    def __init__(self, master: int, slave: int) -> None:
        self.master, self.slave = master, slave
        self._drawn = b""

    def read(self) -> None:
        """What was drawn since: a program stands still where nobody reads."""
        with suppress(OSError):  # nothing is there, or nobody is left to draw
            while piece := os.read(self.master, 1 << 16):
                self._drawn += piece

    def finished(self) -> int:
        """Visits of the rounds that were over at the least: something else was announced after them."""
        told = [found.groups() for found in _STEP.finditer(self._drawn)]
        steps = [step for step, before in zip(told, [None, *told], strict=False) if step != before]
        return sum(not what.endswith(b" done") for _, what in steps[:-1])


@contextmanager
def screen() -> Iterator[Screen]:
    """The program's end is closed by whoever has started the program."""
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    try:
        yield Screen(master, slave)
    finally:
        os.close(master)
