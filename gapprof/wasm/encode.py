"""The WebAssembly binary format, as much of it as kernels need (Core Specification, section 5)."""

from collections.abc import Iterable

HEADER = b"\0asm\1\0\0\0"
I32, F32, F64, V128 = b"\x7f", b"\x7d", b"\x7c", b"\x7b"


def unsigned(number: int) -> bytes:
    """LEB128 of a number that is not negative."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        if not number:
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def signed(number: int) -> bytes:
    """LEB128 with a sign, as constants have it."""
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        if number == (-1 if low & 0x40 else 0):
            out.append(low)
            return bytes(out)
        out.append(low | 0x80)


def vector(items: Iterable[bytes]) -> bytes:
    """A count and what is counted."""
    items = list(items)
    return unsigned(len(items)) + b"".join(items)


def section(number: int, content: bytes) -> bytes:
    """A section with its length."""
    return bytes([number]) + unsigned(len(content)) + content


def name(text: str) -> bytes:
    """A name as UTF-8 with its length."""
    encoded = text.encode()
    return unsigned(len(encoded)) + encoded


def simd(opcode: int, *immediate: int) -> bytes:
    """An instruction of the vector prefix."""
    return b"\xfd" + unsigned(opcode) + bytes(immediate)
