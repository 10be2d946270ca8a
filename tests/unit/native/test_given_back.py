"""Memory that is free, where the allocator can be asked for it."""

import ctypes
import sys

import psutil
import pytest

from gapprof.native.given_back import give_memory_back

BLOCK_BYTES, BLOCKS = 1_000, 40_000
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


def test_where_there_is_nothing_to_ask_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(ctypes, "CDLL")
    give_memory_back()
