import pytest

from gapprof.wasm.encode import signed, simd, unsigned
from gapprof.wasm.instructions import Instruction, instructions


def only(body: bytes) -> Instruction:
    (one,) = instructions(body, 0)
    assert (one.at, one.end) == (0, len(body))
    return one


@pytest.mark.parametrize(
    ("body", "name", "immediates"),
    [
        (b"\x41" + signed(-70000), "i32.const", (-70000,)),
        (b"\x42" + signed(-(2**63)), "i64.const", (-(2**63),)),
        (b"\x43\x00\x00\xc0\x3f", "f32.const", (1.5,)),
        (b"\x44\x00\x00\x00\x00\x00\x00\xf8\x3f", "f64.const", (1.5,)),
        (b"\x28\x02" + unsigned(300), "i32.load", (2, 300, 0)),
        (b"\x39\x43\x01\x08", "f64.store", (3, 8, 1)),
        (b"\x02\x40", "block", (-64,)),
        (b"\x03\x7f", "loop", (-1,)),
        (b"\x02\x63\x05", "block", (-29, 5)),
        (b"\x04\x64\x70", "if", (-28, -16)),
        (b"\x0e\x02\x00\x01\x02", "br_table", (0, 1, 2)),
        (b"\x11\x05\x00", "call_indirect", (5, 0)),
        (b"\x1c\x01\x7b", "select", (-5,)),
        (b"\x1c\x01\x63\x6f", "select", (-29, -17)),
        (b"\x1f\x40\x02\x00\x03\x01\x02\x00", "try_table", (-64, 0, 3, 1, 2, -1, 0)),
        (b"\xc4", "i64.extend32_s", ()),
        (b"\xbf", "f64.reinterpret_i64", ()),
        (b"\xa6", "f64.copysign", ()),
        (b"\x8a", "i64.rotr", ()),
        (b"\xfc\x07", "i64.trunc_sat_f64_u", ()),
        (b"\xfc\x0a\x00\x00", "memory.copy", (0, 0)),
        (simd(0x09, 2, 4), "v128.load32_splat", (2, 4, 0)),
        (simd(0x0C, *range(16)), "v128.const", (bytes(range(16)),)),
        (simd(0x1F, 3), "f32x4.extract_lane", (3,)),
        (simd(0x56, 2, 4, 1), "v128.load32_lane", (2, 4, 0, 1)),
        (simd(0x4C), "f64x2.ge", ()),
        (simd(0x53), "v128.any_true", ()),
        (simd(0x7F), "i32x4.extadd_pairwise_i16x8_u", ()),
        (simd(0x9B), "i16x8.avgr_u", ()),
        (simd(0xBA), "i32x4.dot_i16x8_s", ()),
        (simd(0xDB), "i64x2.ge_s", ()),
        (simd(0xE7), "f32x4.div", ()),
        (simd(0xF7), "f64x2.pmax", ()),
        (simd(0xFF), "f64x2.convert_low_i32x4_u", ()),
        (simd(0x105), "f32x4.relaxed_madd", ()),
        (simd(0x113), "i32x4.relaxed_dot_i8x16_i7x16_add_s", ()),
        (b"\xfe\x03\x00", "atomic.fence", (0,)),
        (b"\xfe\x1e\x02\x00", "i32.atomic.rmw.add", (2, 0, 0)),
        (b"\xfe\x4e\x02\x00", "i64.atomic.rmw32.cmpxchg_u", (2, 0, 0)),
    ],
)
def test_one_instruction(body: bytes, name: str, immediates: tuple[int, ...]) -> None:
    found = only(body)
    assert (found.name, found.immediates) == (name, immediates)


def test_offsets_follow_each_other() -> None:
    found = list(instructions(b"\x20\x00\x41\x80\x01\x6a\x0b", 0))
    assert [(one.name, one.at, one.end) for one in found] == [
        ("local.get", 0, 2),
        ("i32.const", 2, 5),
        ("i32.add", 5, 6),
        ("end", 6, 7),
    ]


@pytest.mark.parametrize("body", [b"\xff", b"\x27", simd(0xBB), b"\xfe\x7f"])
def test_an_unknown_code_is_said_with_its_place(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"unknown instruction .* at 1"):
        list(instructions(b"\x01" + body, 0))


@pytest.mark.parametrize("body", [b"\x00\x43\x00\x00", b"\x00\x44" + bytes(7)])
def test_a_constant_that_is_cut_off_is_said_with_its_place(body: bytes) -> None:
    with pytest.raises(ValueError, match="cut off at 2"):
        list(instructions(body, 0))
