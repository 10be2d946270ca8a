"""A process's ranges, as the kernel writes them down, and what they come to."""

import mmap
import os

import pytest

from gapprof.memory.maps import Range, mapped, peak_bytes, ranges, summed

MIB = 1 << 20
WASM = 0xC2D00000000

SMAPS = """\
c2d00000000-c2d108f0000 rw-p 00000000 00:00 0
Size:             271296 kB
Rss:              239912 kB
Pss:              239912 kB
Anonymous:        239912 kB
Swap:               1000 kB
SwapPss:             500 kB
VmFlags: rd wr mr mw me ac
c2d108f0000-c2fc0000000 ---p 00000000 00:00 0
Size:           11000000 kB
Rss:                   0 kB
Pss:                   0 kB
Anonymous:             0 kB
7f0000000000-7f0000400000 rwxp 00000000 00:00 0
Size:               4096 kB
Rss:                 300 kB
Pss:                 300 kB
Anonymous:           300 kB
7f1000000000-7f1008000000 r-xp 00000000 fd:00 1234 /opt/some browser/browser
Size:             131072 kB
Rss:               90000 kB
Pss:               30000 kB
Anonymous:             0 kB
7f2000000000-7f2000100000 rw-s 00000000 00:1a 99 /memfd:shared (deleted)
Size:               1024 kB
Rss:                1024 kB
Pss:                 512 kB
Anonymous:             0 kB
"""


def test_ranges_have_their_access_their_file_and_what_is_swapped_out() -> None:
    wasm, guard, code, browser, shared = ranges(SMAPS)
    assert (wasm.begin, wasm.size_bytes, wasm.access, wasm.path) == (WASM, 271296 << 10, "rw-p", "")
    assert wasm.resident_bytes == (239912 + 1000) << 10
    assert wasm.proportional_bytes == (239912 + 500) << 10
    assert guard.access == "---p"
    assert code.access == "rwxp"
    assert browser.path == "/opt/some browser/browser"
    assert browser.file_bytes == 30000 << 10
    assert shared.file_bytes == 0, "shared memory is in no file on disk"


def test_a_wasm_memory_is_known_by_where_it_begins_and_the_guard_behind_it() -> None:
    found = summed(tuple(ranges(SMAPS)))
    assert found.wasm_mapped_bytes == 271296 << 10
    assert found.wasm_touched_bytes == (239912 + 1000) << 10
    assert found.code_bytes == 300 << 10, "the browser's own code is a file's"
    assert found.file_bytes == 30000 << 10
    assert found.proportional_bytes == (239912 + 500 + 300 + 30000 + 512) << 10


def test_names_that_a_program_gave_its_memory_do_not_hide_it() -> None:
    named = SMAPS.replace("00:00 0\n", "00:00 0    [anon:v8]\n")
    assert named != SMAPS
    assert summed(tuple(ranges(named))) == summed(tuple(ranges(SMAPS)))


@pytest.mark.parametrize(
    ("begin", "access", "behind", "size"),
    [
        (WASM + 0x4000, "rw-p", "---p", 11 << 30),
        (WASM, "r--p", "---p", 11 << 30),
        (WASM, "rw-p", "rw-p", 11 << 30),
        (WASM, "rw-p", "---p", 1 << 30),
    ],
)
def test_other_ranges_are_none(begin: int, access: str, behind: str, size: int) -> None:
    one = _range(begin, 64 * MIB, access)
    found = summed((one, _range(one.end, size, behind)))
    assert found.wasm_mapped_bytes == 0


def test_nothing_is_said_of_a_process_that_is_not_there() -> None:
    assert mapped(2**22 + 1) is None
    assert peak_bytes(2**22 + 1) is None


def test_this_process_holds_what_it_maps_and_writes() -> None:
    before = mapped(os.getpid())
    if before is None:
        pytest.skip("this system has no /proc")
    with mmap.mmap(-1, 64 * MIB) as block:
        untouched = mapped(os.getpid())
        block.write(b"x" * (64 * MIB))
        written = mapped(os.getpid())
        peak = peak_bytes(os.getpid())
    assert untouched is not None
    assert written is not None
    assert peak is not None
    assert untouched.proportional_bytes - before.proportional_bytes < 16 * MIB
    assert written.proportional_bytes - before.proportional_bytes == pytest.approx(64 * MIB, rel=0.25)
    assert peak >= 64 * MIB


def _range(begin: int, size: int, access: str) -> Range:
    return Range(
        begin=begin,
        end=begin + size,
        access=access,
        path="",
        resident_bytes=0,
        proportional_bytes=0,
        anonymous_bytes=0,
    )
