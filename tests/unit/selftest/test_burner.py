"""The load from outside is a stranger to the browser, and ends when it should."""

import time

import psutil
import pytest

from gapprof.guard import MARKER, Guard
from gapprof.selftest.burner import burning

SOON_S = 10.0


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "getppid" in " ".join(one.cmdline())]


def begun() -> list[psutil.Process]:
    """A process has its number for a moment before it has a command line."""
    until = time.monotonic() + SOON_S
    while not (found := children()) and time.monotonic() < until:
        time.sleep(0.001)
    return found


def test_it_runs_meanwhile_without_our_mark_and_is_gone_afterwards() -> None:
    with Guard() as guard:
        with burning(guard):
            (process,) = begun()
            assert MARKER not in process.environ()
        assert not process.is_running()


def test_an_error_meanwhile_ends_it_too() -> None:
    with Guard() as guard:
        with pytest.raises(KeyboardInterrupt), burning(guard):
            raise KeyboardInterrupt
        assert children() == []
