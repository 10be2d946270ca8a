"""Loads, stores, exchanges and lanes, memory moved and filled: natively what V8 does."""

from pathlib import Path

import pytest

from gapprof.transplant.native_text import transplant
from gapprof.wasm.instructions import opcode
from gapprof.wasm.module import parsed
from tests.unit.transplant.assembly import TARGET, Function, code, module
from tests.unit.transplant.both_sides import GET, IMAGE, same, stored, words


def test_memory_is_moved_filled_and_measured(tmp_path: Path) -> None:
    body = code(
        *(GET, ("i32.const", 1000), ("i32.const", 300), ("memory.copy", 0, 0)),
        *(GET, ("i32.const", 5), "i32.add", GET, ("i32.const", 100), ("memory.copy", 0, 0)),
        *(GET, ("i32.const", 200), "i32.add", ("i32.const", 0x1FF), ("i32.const", 33), ("memory.fill", 0)),
    ) + stored(code(("memory.size", 0)))
    memory = same([Function(["i32"], [], body)], [(3000,), (900,)], tmp_path)
    assert words(memory, 3000) == [1]
    assert memory[3200:3233] == b"\xff" * 33


def test_an_offset_may_carry_an_address_far(tmp_path: Path) -> None:
    body = code(GET, ("i32.const", 77), ("i32.store8", 0, 60000))
    memory = same([Function(["i32"], [], body)], [(5000,), (0,)], tmp_path)
    assert memory[65000] == 77


def test_a_constant_keeps_every_bit_of_a_nan(tmp_path: Path) -> None:
    body = code(
        *(GET, ("f32.const", b"\x01\x00\x80\xff"), ("f32.store", 2, 0)),
        *(GET, ("f64.const", b"\x05\x00\x00\x00\x00\x00\xf0\x7f"), ("f64.store", 3, 8)),
        *(GET, ("v128.const", bytes(range(100, 116))), ("v128.store", 0, 16)),
    )
    memory = same([Function(["i32"], [], body)], [(64,)], tmp_path)
    assert memory[64:68] == b"\x01\x00\x80\xff"
    assert memory[72:80] == b"\x05\x00\x00\x00\x00\x00\xf0\x7f"
    assert memory[80:96] == bytes(range(100, 116))


ADDRESSED = [
    *(f"{kind}.load" for kind in ("i32", "i64", "f32", "f64", "v128")),
    *(f"i32.load{bits}_{sign}" for bits in (8, 16) for sign in "su"),
    *(f"i64.load{bits}_{sign}" for bits in (8, 16, 32) for sign in "su"),
    *(f"v128.load{bits}x{64 // bits}_{sign}" for bits in (8, 16, 32) for sign in "su"),
    *(f"v128.load{bits}_splat" for bits in (8, 16, 32, 64)),
    *("v128.load32_zero", "v128.load64_zero"),
    *("i32.atomic.load", "i32.atomic.load8_u", "i32.atomic.load16_u", "i64.atomic.load"),
    *("i64.atomic.load8_u", "i64.atomic.load16_u", "i64.atomic.load32_u"),
]


@pytest.mark.parametrize("name", ADDRESSED)
def test_what_is_loaded_is_stored_again(name: str, tmp_path: Path) -> None:
    align = _alignment(name)
    kind = name.partition(".")[0]
    body = code(GET, GET, (name, align, 24), (f"{kind}.store", 0, 128))
    rows = [(32768 + 120,), (256 + 96,)] if align else [(32768 + 103,), (256 + 97,)]
    same([Function(["i32"], [], body)], rows, tmp_path)


STORED = [
    *(("i32.store8", "i32"), ("i32.store16", "i32"), ("i64.store8", "i64"), ("i64.store16", "i64")),
    *(("i64.store32", "i64"), ("i32.atomic.store", "i32"), ("i32.atomic.store8", "i32")),
    *(("i64.atomic.store16", "i64"), ("i64.atomic.store", "i64")),
]


@pytest.mark.parametrize(("name", "kind"), STORED)
def test_what_is_stored_is_cut_to_size(name: str, kind: str, tmp_path: Path) -> None:
    body = code(GET, GET, (f"{kind}.load", 0, 200), (name, _alignment(name), 8))
    same([Function(["i32"], [], body)], [(4096,), (8192,)], tmp_path)


MODIFIED = [
    (f"{kind}.atomic.rmw{tail}.{what}{'_u' if tail else ''}", kind)
    for kind, tails in (("i32", ("", "8", "16")), ("i64", ("", "8", "16", "32")))
    for tail in tails
    for what in ("add", "sub", "and", "or", "xor", "xchg")
]


@pytest.mark.parametrize(("name", "kind"), MODIFIED)
def test_what_is_modified_gives_what_it_was(name: str, kind: str, tmp_path: Path) -> None:
    body = code(
        GET, GET, GET, (f"{kind}.load", 0, 200), (name, _alignment(name), 8), (f"{kind}.store", 0, 64)
    )
    same([Function(["i32"], [], body)], [(4096,), (8192 + 144,)], tmp_path)


@pytest.mark.parametrize("kind", ["i32", "i64"])
def test_an_exchange_happens_where_what_is_there_is_what_is_wanted(kind: str, tmp_path: Path) -> None:
    align = 2 if kind == "i32" else 3
    swap = code(
        *(GET, GET, GET, (f"{kind}.load", 0, 8), GET, (f"{kind}.load", 0, 32)),
        *((f"{kind}.atomic.rmw.cmpxchg", align, 8), (f"{kind}.store", 0, 64)),
        *(GET, GET, GET, (f"{kind}.load", 0, 48), GET, (f"{kind}.load", 0, 40)),
        *((f"{kind}.atomic.rmw.cmpxchg", align, 16), (f"{kind}.store", 0, 72), ("atomic.fence", 0)),
    )
    memory = same([Function(["i32"], [], swap)], [(4096,)], tmp_path)
    assert memory[4104:4108] == IMAGE[4128:4132]
    assert memory[4112:4116] == IMAGE[4112:4116]


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_single_lanes_go_in_and_out(bits: int, tmp_path: Path) -> None:
    last = 128 // bits - 1
    body = code(
        *(GET, GET, GET, ("v128.load", 0, 0), (f"v128.load{bits}_lane", 0, 32, bytes([last]))),
        *(("local.tee", 1), ("v128.store", 0, 64)),
        *(GET, ("local.get", 1), (f"v128.store{bits}_lane", 0, 100, b"\x01")),
    )
    same([Function(["i32"], [], body, ["v128"])], [(515,), (1030,)], tmp_path)


SHAPED = [
    *((shape, "_s") for shape in ("i8x16", "i16x8")),
    *((shape, "_u") for shape in ("i8x16", "i16x8")),
    *((shape, "") for shape in ("i32x4", "i64x2", "f32x4", "f64x2")),
]


@pytest.mark.parametrize(("shape", "sign"), SHAPED)
def test_a_lane_is_taken_out_and_put_elsewhere(shape: str, sign: str, tmp_path: Path) -> None:
    body = code(
        *(GET, GET, ("v128.load", 0, 0), GET, ("v128.load", 0, 117)),
        *(
            (f"{shape}.extract_lane{sign}", b"\x01"),
            (f"{shape}.replace_lane", b"\x00"),
            ("v128.store", 0, 64),
        ),
    )
    if sign:
        body += code(
            *(
                GET,
                GET,
                ("v128.load", 0, 130),
                (f"{shape}.extract_lane{sign}", b"\x02"),
                ("i32.store", 0, 96),
            ),
        )
    same([Function(["i32"], [], body)], [(4000,), (513,)], tmp_path)


def test_a_shuffle_takes_from_both_vectors(tmp_path: Path) -> None:
    order = bytes([0, 31, 1, 30, 2, 29, 3, 28, 16, 16, 15, 14, 13, 12, 11, 10])
    body = code(
        *(GET, GET, ("v128.load", 0, 0), GET, ("v128.load", 0, 33), ("i8x16.shuffle", order)),
        *(("v128.store", 0, 64),),
    )
    memory = same([Function(["i32"], [], body)], [(700,)], tmp_path)
    both = IMAGE[700:716] + IMAGE[733:749]
    assert memory[764:780] == bytes(both[at] for at in order)


def test_a_second_memory_and_a_second_table_are_not_taken_for_the_first() -> None:
    """A memory's number stands before the offset, behind an alignment with bit 6."""
    there = opcode("i32.load") + b"\x42\x01\x00"
    bodies = {
        "i32.load": code(GET) + there + code("drop"),
        "memory.size": code(("memory.size", 1), "drop"),
        "memory.copy": code(GET, GET, GET, ("memory.copy", 0, 1)),
        "memory.fill": code(GET, GET, GET, ("memory.fill", 1)),
        "call_indirect": code(GET, GET, ("call_indirect", 0, 1)),
    }
    for name, body in bodies.items():
        wasm = parsed(module([Function(["i32"], [], body)]))
        found = transplant(wasm, 0, machine="x86_64", attributes=TARGET.attributes)
        assert found.ends == (f"{name} beside the first memory or table",)


def _alignment(name: str) -> int:
    """Atomics have to say their natural one."""
    if "atomic" not in name:
        return 0
    kind, _, rest = name.partition(".")
    tail = "".join(letter for letter in rest.split(".")[1] if letter.isdigit()) or kind[1:]
    return {"8": 0, "16": 1, "32": 2, "64": 3}[tail]
