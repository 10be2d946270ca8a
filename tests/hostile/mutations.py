"""Bytes with something wrong in them, the same for the same seed."""

import re
from collections.abc import Callable

import numpy as np

_HUGE = b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
"""A length or a count near the largest there is, as protobuf writes it."""
_WORDS = (
    b"",
    b"\x00",
    b"NaN",
    b"1e999",
    b"-1",
    b"null",
    b"[" * 300,
    b'{"a":' * 60,
    b"\x1b[31m",
    b"../../etc/passwd",
    b"\xed\xa0\x80",
    b"9" * 400,
    _HUGE,
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBERS = (b"0", b"-1", b"1", b"0.5", b"5e-324", b"1e308", b"4294967296", b"1e999", b"true")
"""What a number in a text may become, so that the text is read and its figures are looked at."""


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One to three wrongs, one after the other."""
    for _ in range(rng.integers(1, 4)):
        data = _WRONGS[rng.integers(len(_WRONGS))](data, rng)
    return data


def _flipped(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, max(1, len(data)), size=min(len(data), int(rng.integers(1, 9)))):
        changed[place] = rng.integers(256)
    return bytes(changed)


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: rng.integers(0, len(data) + 1)]


def _without(data: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(data, rng)
    return data[:begin] + data[end:]


def _twice(data: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(data, rng)
    return data[:end] + data[begin:end] + data[end:]


def _with_a_word(data: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _span(data, rng)
    word = _WORDS[rng.integers(len(_WORDS))]
    return data[:begin] + word + data[end if rng.random() < 0.5 else begin :]


def _lines_moved(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.split(b"\n")
    a, b = rng.integers(0, len(lines), size=2)
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def _number_changed(data: bytes, rng: np.random.Generator) -> bytes:
    """The next one from anywhere on; behind the last one nothing changes."""
    found = _NUMBER.search(data, int(rng.integers(0, len(data) + 1)))
    if found is None:
        return data
    return data[: found.start()] + _NUMBERS[rng.integers(len(_NUMBERS))] + data[found.end() :]


def _span(data: bytes, rng: np.random.Generator) -> tuple[int, int]:
    begin = int(rng.integers(0, len(data) + 1))
    return begin, min(len(data), begin + int(rng.geometric(0.1)))


_WRONGS: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flipped,
    _cut,
    _without,
    _twice,
    _with_a_word,
    _lines_moved,
    _number_changed,
)
