"""Numbers and names of the WebAssembly binary format, read (Core Specification, section 5.2)."""

from collections.abc import Callable
from typing import TypeVar

Bytes = bytes | memoryview
T = TypeVar("T")


def unsigned(data: Bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and where it ends. IndexError where the data ends first."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def signed(data: Bytes, at: int) -> tuple[int, int]:
    """A signed LEB128 number and where it ends. IndexError where the data ends first."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value - (1 << shift if byte & 0x40 else 0), at


def name(data: Bytes, at: int) -> tuple[str, int]:
    """A name and where it ends. UnicodeDecodeError, a ValueError, for what is no UTF-8."""
    size, at = unsigned(data, at)
    return bytes(data[at : at + size]).decode(), at + size


def vector(data: Bytes, at: int, item: Callable[[Bytes, int], tuple[T, int]]) -> tuple[list[T], int]:
    """What is counted, and where it ends."""
    count, at = unsigned(data, at)
    found: list[T] = []
    for _ in range(count):
        one, at = item(data, at)
        found.append(one)
    return found, at
