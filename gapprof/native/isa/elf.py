"""The little of an ELF file that finding CPUID needs: code segments, where functions start, the build id.

Functions come from the unwind table (PT_GNU_EH_FRAME), which every C++ library carries even when stripped.
Layouts after the System V ABI and the Linux Standard Base, chapter 10 (exception frames).
"""

import bisect
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_LOAD, _NOTE, _EH_FRAME = 1, 4, 0x6474_E550
_EXECUTABLE = 1
_X86_64 = 62
_TABLE_ENCODING = bytes(
    (1, 0x03, 0x3B)
)  # version; count as u32; (start, FDE) as i32 pairs from the table's start


class ElfError(ValueError):
    """The file is not laid out as this reader knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One loadable or noted stretch of the file; `address` is relative to where the library is mapped."""

    kind: int
    executable: bool
    offset: int
    address: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """An x86-64 ELF library, read as far as it was needed."""

    data: bytes
    segments: tuple[Segment, ...]
    starts: Sequence[int]
    """Addresses of all functions with unwind information, sorted."""
    entries: Sequence[int]
    """Address of the unwind entry of each function, in the same order."""

    @property
    def code(self) -> tuple[Segment, ...]:
        """Executable segments."""
        return tuple(s for s in self.segments if s.kind == _LOAD and s.executable)


def read_elf(data: bytes) -> Elf:
    """Read an x86-64 ELF library; ElfError says what is not as expected."""
    if data[:5] != b"\x7fELF\x02" or _unpack("<H", data, 18)[0] != _X86_64:
        raise ElfError("not a 64-bit x86 ELF file")
    segments = _segments(data)
    table = next((s for s in segments if s.kind == _EH_FRAME), None)
    if table is None:
        raise ElfError("no unwind table (PT_GNU_EH_FRAME)")
    version_and_encodings = data[table.offset : table.offset + 4]
    if version_and_encodings[:1] + version_and_encodings[2:] != _TABLE_ENCODING:
        raise ElfError(f"an unwind table of an unknown kind: {version_and_encodings.hex()}")
    (count,) = _unpack("<I", data, table.offset + 8)
    pairs = _unpack(f"<{2 * count}i", data, table.offset + 12)
    return Elf(
        data=data,
        segments=segments,
        starts=[table.address + relative for relative in pairs[0::2]],
        entries=[table.address + relative for relative in pairs[1::2]],
    )


def build_id(elf: Elf) -> str | None:
    """The linker's build id in hex; None when the library carries none."""
    for note in (s for s in elf.segments if s.kind == _NOTE):
        at, end = note.offset, note.offset + note.size_bytes
        while at + 12 <= end:
            name_size, value_size, kind = _unpack("<III", elf.data, at)
            value_at = at + 12 + (name_size + 3 & ~3)
            if kind == 3 and elf.data[at + 12 : at + 12 + name_size] == b"GNU\0":
                return elf.data[value_at : value_at + value_size].hex()
            at = value_at + (value_size + 3 & ~3)
    return None


def function_around(elf: Elf, address: int) -> tuple[int, bytes] | None:
    """Start and code of the function that holds `address`; None when no unwind entry covers it."""
    index = bisect.bisect_right(elf.starts, address) - 1
    if index < 0:
        return None
    start, entry = elf.starts[index], elf.entries[index]
    offset, entry_offset = _file_offset(elf, start), _file_offset(elf, entry)
    if offset is None or entry_offset is None:
        return None
    _, _, begin, size = _unpack("<IIiI", elf.data, entry_offset)
    if entry + 8 + begin != start:  # another pointer encoding than pc-relative i32: do not guess
        return None
    if address >= start + size:
        return None
    return start, elf.data[offset : offset + size]


def bytes_at(elf: Elf, address: int, size_bytes: int) -> bytes | None:
    """What the file holds for an address; None when no segment does."""
    offset = _file_offset(elf, address)
    return None if offset is None else elf.data[offset : offset + size_bytes]


def _segments(data: bytes) -> tuple[Segment, ...]:
    (table,) = _unpack("<Q", data, 32)
    size, count = _unpack("<HH", data, 54)
    rows = (_unpack("<IIQQQQ", data, table + i * size) for i in range(count))
    return tuple(
        Segment(
            kind=kind,
            executable=bool(flags & _EXECUTABLE),
            offset=offset,
            address=address,
            size_bytes=size_bytes,
        )
        for kind, flags, offset, address, _, size_bytes in rows
    )


def _file_offset(elf: Elf, address: int) -> int | None:
    for segment in elf.segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size_bytes:
            return address - segment.address + segment.offset
    return None


def _unpack(layout: str, data: bytes, offset: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(layout, data, offset)
    except struct.error as error:
        raise ElfError(f"cut off: {error}") from error
