"""Memory that is free, where the allocator can be asked for it."""

import ctypes
import subprocess
import sys

import psutil
import pytest

from gapprof.native.given_back import allocate_from_one_heap, give_memory_back
from gapprof.native.python import own_environment

BLOCK_BYTES, BLOCKS = 1_000, 40_000
HEAPS = """
import sys, threading
from gapprof.native.given_back import allocate_from_one_heap
if sys.argv[1] == "one":
    allocate_from_one_heap()
held, ready = [], threading.Barrier(5)
def hold():
    held.append(bytes(1_000))
    ready.wait()
for _ in range(4):
    threading.Thread(target=hold).start()
ready.wait()
heaps = [int(line.split("-")[0], 16) for line in open("/proc/self/maps") if "rw-p 00000000 00:00 0" in line]
print(sum(start % (64 << 20) == 0 for start in heaps))
"""
"""How many heaps threads have, beside the process's own: each begins at a multiple of 64 MiB."""
needs_glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc"
)


def held_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


@needs_glibc
def test_what_is_free_between_blocks_that_are_not_goes_back_to_the_system() -> None:
    """By itself the allocator gives back the end of its heap alone."""
    blocks = [bytes(BLOCK_BYTES) for _ in range(BLOCKS)]
    kept = blocks[::100]
    del blocks
    before = held_bytes()
    give_memory_back()
    assert before - held_bytes() > 0.5 * BLOCK_BYTES * BLOCKS
    assert len(kept) == BLOCKS / 100


def heaps(how: str) -> int:
    command = [sys.executable, "-c", HEAPS, how]
    return int(subprocess.run(command, env=own_environment(), check=True, capture_output=True).stdout)


@needs_glibc
@pytest.mark.skipif(sys.maxsize < 2**32, reason="the heaps of threads are smaller there")
def test_threads_have_no_heaps_of_their_own_where_they_are_to_share_one() -> None:
    assert heaps("one") == 0 < heaps("each")


def test_where_there_is_nothing_to_ask_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(ctypes, "CDLL")
    give_memory_back()
    allocate_from_one_heap()
