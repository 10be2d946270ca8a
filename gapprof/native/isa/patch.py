"""Replaces CPUID by a trap in the memory of this process. No page is ever writable and executable at once."""

import ctypes
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gapprof.native.isa import handler
from gapprof.native.isa.handler import PAGE_BYTES
from gapprof.native.isa.masks import MaskRow
from gapprof.native.isa.memory import (
    EXECUTE,
    READ,
    WRITE,
    code_file,
    handler_of,
    map_anonymous,
    map_code,
    protect,
    set_handler,
)

Method = Literal["mprotect", "remap"]
_UD2 = b"\x0f\x0b"
_BREAKPOINT = b"\xcc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """CPUID instructions that are answered by the handler, until the process ends."""

    method: Method
    data_address: int
    data_bytes: int


def set_trap(addresses: Sequence[int], masks: Sequence[MaskRow]) -> Trap:
    """Trap CPUID at these absolute addresses. After an OSError the process may be half patched."""
    previous = handler_of(signal.Signals.SIGILL)
    size = len(handler.data_block(0, addresses, masks, previous))
    code_page = map_anonymous(PAGE_BYTES + -(-size // PAGE_BYTES) * PAGE_BYTES)
    data_address = code_page + PAGE_BYTES
    ctypes.memmove(data_address, handler.data_block(data_address, addresses, masks, previous), size)
    method = _write(code_page, _patched_pages(addresses))
    return Trap(method=method, data_address=data_address, data_bytes=size)


def data_of(trap: Trap) -> bytes:
    """A copy of the handler's data region, for `handler.hit_count` and `handler.logged`."""
    return ctypes.string_at(trap.data_address, trap.data_bytes)


def _patched_pages(addresses: Sequence[int]) -> dict[int, bytes]:
    new = {address + i: byte for address in addresses for i, byte in enumerate(_UD2)}
    pages = sorted({address - address % PAGE_BYTES for address in new})
    content = {page: bytearray(ctypes.string_at(page, PAGE_BYTES)) for page in pages}
    for address, byte in new.items():
        page = address - address % PAGE_BYTES
        content[page][address - page] = byte
    return {page: bytes(data) for page, data in content.items()}


def _write(code_page: int, pages: Mapping[int, bytes]) -> Method:
    try:
        _by_mprotect(code_page, pages)
    except OSError:  # write-to-execute denied (PR_SET_MDWE, SELinux): map other pages over these instead
        _by_remap(code_page, pages)
        return "remap"
    return "mprotect"


def _by_mprotect(code_page: int, pages: Mapping[int, bytes]) -> None:
    ctypes.memmove(code_page, handler.CODE, len(handler.CODE))
    protect(code_page, PAGE_BYTES, READ | EXECUTE)
    set_handler(signal.Signals.SIGILL, code_page)
    for page, content in pages.items():
        protect(page, PAGE_BYTES, READ | WRITE)
        ctypes.memmove(page, content, PAGE_BYTES)
        protect(page, PAGE_BYTES, READ | EXECUTE)


def _by_remap(code_page: int, pages: Mapping[int, bytes]) -> None:
    code = handler.CODE.ljust(PAGE_BYTES, _BREAKPOINT)
    with code_file(code + b"".join(pages.values())) as file:
        map_code(file, 0, PAGE_BYTES, over=code_page)
        set_handler(signal.Signals.SIGILL, code_page)
        for number, page in enumerate(pages, start=1):
            map_code(file, number * PAGE_BYTES, PAGE_BYTES, over=page)
