"""What the system has of a file in memory, before and after it was asked to forget it."""

import mmap
import sys
from pathlib import Path

import pytest

from gapprof.cold.forgotten import forget, resident_bytes

SIZE = 4 << 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"\x01" * SIZE)
    if sys.platform != "linux":
        pytest.skip("this system does not say what it has in memory")
    return path


def test_what_was_just_written_is_in_memory_and_is_forgotten_on_asking(file: Path) -> None:
    assert resident_bytes(file) == SIZE
    forget([file])
    if resident_bytes(file):
        pytest.skip("the temporary folder is not on a disk")
    assert resident_bytes(file) == 0
    file.read_bytes()
    assert resident_bytes(file) == SIZE


def test_what_a_program_has_mapped_is_not_forgotten_and_that_shows(file: Path) -> None:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), SIZE, prot=mmap.PROT_READ) as mapped:
        assert sum(mapped[:: mmap.PAGESIZE]) == SIZE // mmap.PAGESIZE
        forget([file])
        assert resident_bytes(file) == SIZE


def test_of_an_empty_file_nothing_is_in_memory_and_of_none_nothing_is_known(file: Path) -> None:
    file.write_bytes(b"")
    assert resident_bytes(file) == 0
    assert resident_bytes(file.parent / "none") is None
