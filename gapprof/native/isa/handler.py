"""The signal handler as machine code, and the data block that it reads. The annotated source is handler.S."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from gapprof.native.isa.masks import MaskRow

CODE = bytes.fromhex(
    "5341544989d04d8b88a80000004c8d15ec0f0000498b0a4d8b5a084883e9010f82a40000004d390ccb75f04989cc418b"
    "8090000000418b889800000089c789ce0fa24d8b4a104d8b5a184983e901722841393b751d41837b04ff740641397304"
    "75104123430841235b0c41234b10412353144983c318ebd2498980900000004989988000000049898898000000498990"
    "88000000498380a80000000241b901000000f04d0fc14a204d3b4a28731749c1e1044d034a3045892141897904418971"
    "084189490c415c5bc3498b4238415c5b4883f8017602ffe0b80d000000498d724031d241ba080000000f05c3"
)
PAGE_BYTES = 4096
"""The data block lies this far behind the start of the code; every x86-64 has pages of this size."""

_BLOCK = struct.Struct("<8Q32x")  # ends in the zeroes of a struct sigaction with SIG_DFL
_MASK = struct.Struct("<IiIIII")
_LOGGED = struct.Struct("<IIII")
_HITS_AT = 32
_LOG_ENTRIES = 1024


class Logged(NamedTuple):
    """One CPUID execution that the ceiling answered: index of the site, what was asked, ecx as answered."""

    site: int
    leaf: int
    subleaf: int
    ecx: int


def data_block(address: int, sites: Sequence[int], masks: Sequence[MaskRow], previous: int) -> bytes:
    """The data region for a handler whose data will lie at `address`; `sites` are absolute addresses."""
    site_bytes = struct.pack(f"<{len(sites)}Q", *sites)
    mask_bytes = b"".join(_MASK.pack(*row) for row in masks)
    sites_at = address + _BLOCK.size
    masks_at = sites_at + len(site_bytes)
    log_at = masks_at + len(mask_bytes)
    block = _BLOCK.pack(len(sites), sites_at, len(masks), masks_at, 0, _LOG_ENTRIES, log_at, previous)
    return block + site_bytes + mask_bytes + bytes(_LOG_ENTRIES * _LOGGED.size)


def hit_count(data: bytes) -> int:
    """CPUID executions answered so far, from a copy of the data region."""
    count: int = struct.unpack_from("<Q", data, _HITS_AT)[0]
    return count


def logged(data: bytes) -> tuple[Logged, ...]:
    """The first executions, oldest first, from a copy of the data region; the log does not grow."""
    kept = min(hit_count(data), _LOG_ENTRIES)
    start = len(data) - _LOG_ENTRIES * _LOGGED.size
    entries = _LOGGED.iter_unpack(data[start : start + kept * _LOGGED.size])
    return tuple(Logged(*entry) for entry in entries)
