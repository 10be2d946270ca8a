import hashlib
from pathlib import Path

import pytest

from gapprof.browser.wasm import facts, holds_simd

HEADER = b"\0asm\1\0\0\0"
V128, I32 = 0x7B, 0x7F
TYPE_OF_NOTHING = bytes([1, 4, 1, 0x60, 0, 0])
ONE_FUNCTION = bytes([3, 2, 1, 0])
SPLAT = bytes([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0])
SPLAT += bytes([65, 0, 253, 15, 253, 98, 11])
"""The smallest module by which pages ask whether vectors are there."""


def code(*local_groups: tuple[int, int]) -> bytes:
    body = bytes([len(local_groups), *(byte for group in local_groups for byte in group), 0x0B])
    return bytes([10, len(body) + 2, 1, len(body)]) + body


def test_a_v128_local_is_simd() -> None:
    assert holds_simd(HEADER + TYPE_OF_NOTHING + ONE_FUNCTION + code((2, I32), (1, V128)))


def test_a_v128_result_is_simd() -> None:
    assert holds_simd(SPLAT)


def test_scalars_are_not() -> None:
    assert not holds_simd(HEADER + TYPE_OF_NOTHING + ONE_FUNCTION + code((0x7B, I32)))


def test_bytes_in_data_sections_do_not_count() -> None:
    custom = bytes([0, 4, 1, 0x78, V128, V128])
    assert not holds_simd(HEADER + custom + TYPE_OF_NOTHING + ONE_FUNCTION + code((1, I32)))


@pytest.mark.parametrize("foreign", [b"\x5f\x00", b"\x60\x01\x63\x6d\x00", b"\x4e\x00"])
def test_types_of_collected_objects_are_no_simd_but_v128_locals_are(foreign: bytes, tmp_path: Path) -> None:
    types = bytes([1, 1 + 3 + len(foreign), 2, 0x60, 0, 0]) + foreign
    file = tmp_path / "m.wasm"
    file.write_bytes(HEADER + types + ONE_FUNCTION + code((1, I32)))
    assert facts(file) == (hashlib.sha256(file.read_bytes()).hexdigest(), False)
    assert holds_simd(HEADER + types + ONE_FUNCTION + code((1, V128)))


@pytest.mark.parametrize("broken", [b"", b"<!doctype html>", SPLAT[:12], HEADER + b"\x0a\x85"])
def test_what_is_no_whole_module_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="WebAssembly module"):
        holds_simd(broken)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "m.wasm"
    file.write_bytes(SPLAT)
    first = facts(file)
    file.write_bytes(HEADER)
    assert first[1] is True
    assert facts(file)[1] is False
    assert facts(file)[0] != first[0]
