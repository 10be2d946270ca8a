"""The loads from outside are strangers to the browser, and end when they should."""

import time

import psutil
import pytest

from gapprof.guard import MARKER, Guard
from gapprof.selftest.burner import burning

SOON_S = 10.0


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "getppid" in " ".join(one.cmdline())]


def begun(count: int) -> list[psutil.Process]:
    """A process has its number for a moment before it has a command line."""
    until = time.monotonic() + SOON_S
    while len(found := children()) < count and time.monotonic() < until:
        time.sleep(0.001)
    return found


@pytest.mark.parametrize("cores", [1, 3])
def test_one_for_each_core_runs_meanwhile_without_our_mark_and_is_gone_afterwards(cores: int) -> None:
    with Guard() as guard:
        with burning(guard, cores=cores):
            processes = begun(cores)
            assert len(processes) == cores
            assert all(MARKER not in process.environ() for process in processes)
        assert not any(process.is_running() for process in processes)


def test_an_error_meanwhile_ends_it_too() -> None:
    with Guard() as guard:
        with pytest.raises(KeyboardInterrupt), burning(guard, cores=2):
            raise KeyboardInterrupt
        assert children() == []
