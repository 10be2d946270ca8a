"""Memory that is free, given back to the system: an allocator keeps it for what may come.

Of glibc's, which has to be asked; elsewhere nothing happens.
"""

import sys
from collections.abc import Callable

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def give_memory_back() -> None:
    """All that is free in whole pages."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def allocate_from_one_heap() -> None:
    """Have the threads of this process share a heap, from now on: each that reads a browser's or a worker's
    answer has one of its own otherwise, whose end is never given back. For a process that is gapprof's."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def _of_glibc(name: str) -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), name, None)
