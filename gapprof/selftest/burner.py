"""Load from outside the browser: processes that keep every core busy, and are gone when they should be.

One of them would leave the other core to whatever is timed: medians hardly move, and what a load costs must
show before anybody can say whom it was blamed on.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from gapprof.guard import Guard

Burning = Callable[[], AbstractContextManager[None]]
_SPIN = """import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(100000):
        pass
"""
"""Ends by itself once gapprof is gone, should even the guard not come to it."""


@contextmanager
def burning(guard: Guard, *, cores: int) -> Iterator[None]:
    """Keep that many cores busy meanwhile."""
    with ExitStack() as stack:
        for _ in range(cores):
            stack.enter_context(_stranger(guard))
        yield


@contextmanager
def _stranger(guard: Guard) -> Iterator[None]:
    """In a session of its own and without our mark."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _SPIN],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    guard.watch_process(process.pid)
    try:
        yield
    finally:
        process.kill()
        process.wait()
        guard.forget_process(process.pid)
