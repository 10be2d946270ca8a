"""A process's ranges, as the kernel writes them down, and what they come to."""

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gapprof.memory.maps import Range, mapped, ranges, resident, summed

MIB = 1 << 20
WASM = 0xC2D00000000

PEAK = """
import mmap, os, sys
from gapprof.memory.maps import resident

def told():
    size = resident(os.getpid())
    print("None" if size is None else f"{size.peak_bytes} {size.bytes_now} {size.file_bytes}")
    return size

if told() is not None:
    with mmap.mmap(-1, 96 << 20) as block:
        for _ in range(96):
            block.write(b"x" * (1 << 20))
        told()
    told()
    with open(sys.argv[1], "wb+") as file:
        file.truncate(48 << 20)
        with mmap.mmap(file.fileno(), 48 << 20) as block:
            sum(block[at] for at in range(0, 48 << 20, 4096))
            told()
"""
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
    assert resident(2**22 + 1) is None


def test_this_process_holds_what_it_maps_and_writes() -> None:
    before = mapped(os.getpid())
    if before is None:
        pytest.skip("this system has no /proc")
    with mmap.mmap(-1, 64 * MIB) as block:
        untouched = mapped(os.getpid())
        block.write(b"x" * (64 * MIB))
        written = mapped(os.getpid())
        size = resident(os.getpid())
    assert untouched is not None
    assert written is not None
    assert size is not None
    assert untouched.proportional_bytes - before.proportional_bytes < 16 * MIB
    assert written.proportional_bytes - before.proportional_bytes == pytest.approx(64 * MIB, rel=0.25)
    assert size.peak_bytes >= size.bytes_now >= size.file_bytes + 64 * MIB
    assert size.bytes_now - size.file_bytes == pytest.approx(
        written.proportional_bytes - written.file_bytes, rel=0.25
    ), "without pages of files both are what is held"


def test_a_peak_outlasts_what_made_it_and_pages_of_files_are_told_apart(tmp_path: Path) -> None:
    """In a process of its own, whose memory nothing else moves."""
    asked = [sys.executable, "-c", PEAK, str(tmp_path / "file")]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    if said.strip() == "None":
        pytest.skip("this system has no /proc")
    before, held, freed, read = (tuple(map(int, line.split())) for line in said.splitlines())
    for peak, _, _ in (held, freed, read):
        assert peak - before[0] == pytest.approx(96 * MIB, rel=0.1)
    assert held[1] - before[1] == pytest.approx(96 * MIB, rel=0.1)
    assert freed[1] - before[1] < 10 * MIB
    assert read[2] - before[2] == pytest.approx(48 * MIB, rel=0.1)


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
