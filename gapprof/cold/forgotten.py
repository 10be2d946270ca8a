"""Files that the system is asked to forget, and what it keeps of them in its memory all the same."""

import ctypes
import mmap
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np

_RESIDENT = 1
"""Of a page, in what mincore(2) says of it."""


def forget(files: Iterable[Path]) -> None:
    """Ask for it. What some program has mapped stays; a system without such a call keeps everything."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in files:
        with suppress(OSError):
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)  # it forgets nothing that is not on the disk yet
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def resident_bytes(file: Path) -> int | None:
    """Of a file, what the system has in memory; None where it does not say."""
    if sys.platform != "linux":
        return None
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if not size:
                return 0
            with mmap.mmap(opened.fileno(), size, prot=mmap.PROT_READ) as mapped:
                return min(size, _resident_pages(mapped, size) * mmap.PAGESIZE)
    except OSError:
        return None


def _resident_pages(mapped: mmap.mmap, size: int) -> int:
    """Raises OSError."""
    view = np.frombuffer(mapped, dtype=np.uint8)
    pages = np.zeros(-(-size // mmap.PAGESIZE), dtype=np.uint8)
    mincore = ctypes.CDLL(None, use_errno=True).mincore
    mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
    failed = mincore(view.ctypes.data, size, pages.ctypes.data)
    del view  # else the mapping cannot be closed
    if failed:
        raise OSError(ctypes.get_errno(), "mincore")
    return int(np.count_nonzero(pages & _RESIDENT))
