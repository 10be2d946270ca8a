"""Just enough of the WebAssembly binary format to see whether a module uses 128-bit vectors.

Format: WebAssembly Core Specification, section 5 (binary format).
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_HEADER = b"\0asm\1\0\0\0"
_TYPE, _CODE = 1, 10
_FUNC = 0x60
_V128 = 0x7B


def facts(file: Path) -> tuple[str, bool]:
    """SHA-256 of a wasm file, and whether it holds SIMD."""
    stat = file.stat()
    return _facts(file, stat.st_size, stat.st_mtime_ns)


def holds_simd(module: bytes) -> bool:
    """Whether a function takes, returns or keeps a v128. Raises ValueError for what is no module.

    Vector code keeps its values in locals, so their declarations tell and no instruction need be decoded.
    """
    if module[: len(_HEADER)] != _HEADER:
        raise ValueError("not a WebAssembly module")
    try:
        return any(
            (kind == _TYPE and _types_hold_v128(module, at))
            or (kind == _CODE and _locals_hold_v128(module, at))
            for kind, at in _sections(module)
        )
    except IndexError as error:
        raise ValueError("a truncated WebAssembly module") from error


@lru_cache(maxsize=8)
def _facts(file: Path, _size: int, _modified_ns: int) -> tuple[str, bool]:
    """Remembered while the file stays the same: every trial serves it anew, and it has megabytes."""
    module = file.read_bytes()
    return hashlib.sha256(module).hexdigest(), holds_simd(module)


def _sections(module: bytes) -> Iterator[tuple[int, int]]:
    at = len(_HEADER)
    while at < len(module):
        kind = module[at]
        size, start = _leb(module, at + 1)
        if start + size > len(module):
            raise ValueError("a truncated WebAssembly module")
        yield kind, start
        at = start + size


def _types_hold_v128(module: bytes, at: int) -> bool:
    count, at = _leb(module, at)
    for _ in range(count):
        if module[at] != _FUNC:
            return False  # a garbage-collected type: none of the builds has one, and locals still tell
        at += 1
        for _half in ("parameters", "results"):
            length, at = _leb(module, at)
            if _V128 in module[at : at + length]:
                return True
            at += length
    return False


def _locals_hold_v128(module: bytes, at: int) -> bool:
    functions, at = _leb(module, at)
    for _ in range(functions):
        size, body = _leb(module, at)
        at = body + size
        groups, body = _leb(module, body)
        for _ in range(groups):
            _, body = _leb(module, body)
            kind, body = module[body], body + 1
            if kind == _V128:
                return True
            if kind in (0x63, 0x64):  # a reference type that names its heap type
                _, body = _leb(module, body)
    return False


def _leb(module: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number and where it ends."""
    value = shift = 0
    while True:
        byte = module[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
