"""Load from outside the browser: a process that keeps one core busy, and is gone when it should be."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

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
def burning(guard: Guard) -> Iterator[None]:
    """Keep one core busy meanwhile: in a session of its own and without our mark, as strangers are."""
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
