"""Counts of instructions: on modules of ours, and on onnxruntime-web against the full decoder."""

from collections import Counter

import pytest

from gapprof import assets
from gapprof.wasm.encode import HEADER, I32, V128, section, simd, unsigned, vector
from gapprof.wasm.inspect import inspected, vectors_in_loops
from gapprof.wasm.instructions import instructions
from gapprof.wasm.module import Module, local_types, parsed

ZERO = simd(0x0C, *bytes(16))


def module(*codes: bytes, memory: bytes = b"\x00\x01") -> Module:
    bodies = [b"\x01\x01" + V128 + code + b"\x0b" for code in codes]
    return parsed(
        HEADER
        + section(1, vector([b"\x60\x00\x00"]))
        + section(3, vector([b"\x00"] * len(codes)))
        + section(5, vector([memory]))
        + section(10, vector([unsigned(len(body)) + body for body in bodies]))
    )


def test_blocks_of_references_are_passed_over_whole() -> None:
    """The second number of their type, 0xfd 0x00, would be a load."""
    block = b"\x02\x63\xfd\x00" + b"\x00\x0b\x1a"
    assert inspected(module(block + ZERO + b"\x1a")).instructions == {"v128.const": 1}


def test_each_kind_is_counted_and_nothing_else() -> None:
    found = inspected(
        module(
            3 * ZERO + simd(0x113) + b"\x1a",
            2 * ZERO + simd(0xBA) + b"\x1a" + b"\x41\x00\xfe\x10\x02\x00\x1a",
        )
    )
    assert found.functions == 2
    assert found.instructions == {
        "i32.atomic.load": 1,
        "i32x4.dot_i16x8_s": 1,
        "i32x4.relaxed_dot_i8x16_i7x16_add_s": 1,
        "v128.const": 5,
    }
    assert not found.shared_memory


@pytest.mark.parametrize(
    "constant",
    [
        b"\x41\xfd\x7d",  # i32.const whose number holds the prefix of vectors
        b"\x42\xfd\xfd\xfd\x7d",
        b"\x43\xfd\x0c\xfd\x0c",
        b"\x44\xfd\x0c\xfd\x0c\xfe\x10\xfd\x0c",
        b"\x41\x00\x28\x02\xfd\x0c",  # a load's offset
        b"\x41\x00\x28\x42\x00\xfd\x0c",  # the same, with the memory named
        b"\x41\x00\x0e\x01\x00\x00",  # a jump table
        b"\x41\x00\x41\x00\x41\x00\x1c\x01" + I32,
        b"\x41\x00\x41\x00\x41\x00\xfc\x0a\x00\x00\x41\x00",
        b"\x43\x00\x00\xfd\x0c\xfc\x00",
    ],
)
def test_immediates_are_no_instructions(constant: bytes) -> None:
    found = inspected(module(constant + b"\x1a" + ZERO + b"\x1a"))
    assert found.instructions == {"v128.const": 1}


def test_shared_memory_is_seen_where_it_is_the_modules_own() -> None:
    assert inspected(module(b"", memory=b"\x03\x01\x02")).shared_memory


def test_an_unknown_instruction_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown instruction"):
        inspected(module(b"\xff"))


@pytest.mark.parametrize(
    "file",
    [
        "ort-wasm-simd-threaded.wasm",
        pytest.param("ort-wasm-simd-threaded.jsep.wasm", marks=pytest.mark.long),
    ],
)
def test_onnxruntime_web_holds_what_the_full_decoder_finds(file: str) -> None:
    """Of every tenth function, decoded instruction by instruction; the rest is left out of both."""
    whole = parsed((assets.web_dist() / file).read_bytes())
    assert inspected(whole).shared_memory
    some = whole.bodies[::10]
    slow: Counter[str] = Counter()
    for body in some:
        _, at = local_types(body)
        slow.update(one.name for one in instructions(body, at) if body[one.at] in (0xFD, 0xFE))
    sections = tuple((kind, content) for kind, content in whole.sections if kind != 10)
    code = vector([unsigned(len(body)) + bytes(body) for body in some])
    assert inspected(Module((*sections, (10, memoryview(code))))).instructions == dict(slow)


def test_what_the_builds_of_onnxruntime_web_are_known_for() -> None:
    """As counted by `wasm-objdump -d` (wabt)."""
    held = inspected(parsed((assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes())).instructions
    assert held["i32x4.dot_i16x8_s"] == 19
    assert held["f32x4.max"] == 218
    assert held["v128.load32_splat"] == 109
    assert not any("relaxed" in name for name in held)
    plain = inspected(parsed((assets.web_dist_118() / "ort-wasm.wasm").read_bytes()))
    assert plain.instructions == {}
    assert not plain.shared_memory


LOOP, BLOCK, END, DROP = b"\x03\x40", b"\x02\x40", b"\x0b", b"\x1a"
ONE_VECTOR = ZERO + DROP


@pytest.mark.parametrize(
    ("code", "count"),
    [
        (ONE_VECTOR, None),
        (LOOP + ONE_VECTOR + END, 1),
        (LOOP + BLOCK + ONE_VECTOR + ONE_VECTOR + END + ONE_VECTOR + END, 3),
        (LOOP + ONE_VECTOR + LOOP + END + END, 0),
        (LOOP + ONE_VECTOR + BLOCK + LOOP + ONE_VECTOR + END + END + END, 1),
        (LOOP + ONE_VECTOR + END + LOOP + ONE_VECTOR + END + ONE_VECTOR, 2),
        (LOOP + 3 * b"\x41\x00" + b"\xfc\x0a\x00\x00" + END, 1),
        (LOOP + b"\x41\x00" + DROP + END, 0),
    ],
)
def test_vectors_are_counted_in_loops_that_hold_no_other(code: bytes, count: int | None) -> None:
    assert vectors_in_loops(module(code).bodies[0]) == count
