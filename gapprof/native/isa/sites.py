"""Where a library executes CPUID: every `0F A2` that is an instruction, found once per build and cached."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gapprof.native.isa.decoder import UndecodableError, length
from gapprof.native.isa.elf import Elf, Segment, build_id, bytes_at, function_around, read_elf

CPUID = b"\x0f\xa2"
_VERSION = 1  # of what counts as a site; a cache written by another version is scanned again


class Sites(Struct, frozen=True, kw_only=True):
    """CPUID instructions of one build of a library, as addresses relative to where it is mapped."""

    version: int = _VERSION
    build_id: str | None
    size_bytes: int
    addresses: tuple[int, ...]
    rejected: int
    """Places with the same two bytes that are no instruction, or that no function covers."""


def find_sites(library: Path, cache: Path | None) -> Sites:
    """Scan a library, or read the result of an earlier scan of the same build from the folder `cache`.

    Raises ElfError for a file that is not laid out as expected and OSError when it cannot be read.
    """
    elf = read_elf(library.read_bytes())
    build = build_id(elf)
    if cache is None or build is None:
        return scan(elf)
    file = cache / f"cpuid-sites-{build}.json"
    known = _read(file)
    if known is not None and _fits(known, elf):
        return known
    found = scan(elf)
    _write(file, found)
    return found


def scan(elf: Elf) -> Sites:
    """Check every candidate by decoding its function from the start: decoding must land on it."""
    candidates = [address for segment in elf.code for address in _occurrences(elf, segment)]
    addresses = tuple(address for address in candidates if _is_instruction(elf, address))
    return Sites(
        build_id=build_id(elf),
        size_bytes=len(elf.data),
        addresses=addresses,
        rejected=len(candidates) - len(addresses),
    )


def _occurrences(elf: Elf, segment: Segment) -> Iterator[int]:
    end = segment.offset + segment.size_bytes
    at = elf.data.find(CPUID, segment.offset, end)
    while at >= 0:
        yield at - segment.offset + segment.address
        at = elf.data.find(CPUID, at + 1, end)


def _is_instruction(elf: Elf, address: int) -> bool:
    function = function_around(elf, address)
    if function is None:  # hand-written kernels have no unwind entry, and their constants hold anything
        return False
    start, code = function
    wanted = address - start
    at = 0
    try:
        while at < wanted:
            at += length(code, at)
    except UndecodableError:
        return False
    return at == wanted


def _fits(known: Sites, elf: Elf) -> bool:
    return (
        known.version == _VERSION
        and known.size_bytes == len(elf.data)
        and bool(known.addresses)
        and all(bytes_at(elf, address, len(CPUID)) == CPUID for address in known.addresses)
    )


def _read(file: Path) -> Sites | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Sites)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _write(file: Path, sites: Sites) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written costs a scan, nothing else
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as whole:
            whole.write(msgspec.json.encode(sites))
        Path(whole.name).replace(file)
