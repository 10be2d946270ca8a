"""Memory that is free, given back to the system: an allocator keeps it for what may come."""

import sys


def give_memory_back() -> None:
    """Of glibc, which has to be asked; others have no such call."""
    if sys.platform != "linux":
        return
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
