"""Instructions of a function's body, one after the other, with their names and immediates.

Names and codes: WebAssembly Core Specification 3.0, section 5.4, and the proposal for threads.
"""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gapprof.wasm.decode import Bytes, signed, unsigned, vector
from gapprof.wasm.encode import unsigned as leb

Immediate = int | float | bytes
Reader = Callable[[Bytes, int], tuple[tuple[Immediate, ...], int]]
_TO_OTHERS = (-29, -28)
"""0x63 and 0x64 as signed numbers: references whose type stands in the module."""


class Instruction(NamedTuple):
    """One instruction, at an offset in the body; a tuple, for there are millions of them."""

    name: str
    """As in the text format, `i32x4.dot_i16x8_s`."""
    immediates: tuple[Immediate, ...]
    """Of loads and stores: alignment (power of two), offset, memory, and the lane where there is one.

    Of `br_table`: all labels, the default last. Of blocks: their type, which is -64 for none, a value type as
    a negative number, or the index of a function type; types of references to others (-28, -29) have a second
    number. Constants are numbers; those of vectors are 16 bytes.
    """

    at: int
    end: int


def instructions(body: Bytes, at: int) -> Iterator[Instruction]:
    """From an offset to the end of the body. Raises ValueError for what the tables do not know, and for a
    constant that is cut off; IndexError where the body ends in the middle of anything else."""
    while at < len(body):
        name, reader, start = _named(body, at)
        immediates, end = reader(body, start) if reader else ((), start)
        yield Instruction(name, immediates, at, end)
        at = end


def opcode(name: str) -> bytes:
    """What an instruction begins with, before its immediates; of `select` the form without a type.

    KeyError for a name that nobody knows.
    """
    return _CODES[name]


def _named(body: Bytes, at: int) -> tuple[str, Reader | None, int]:
    code = body[at]
    table, number, start = _PREFIXED.get(code), code, at + 1
    if table is not None:
        number, start = unsigned(body, start)
    known = (_PLAIN if table is None else table).get(number)
    if known is None:
        shown = f"{code:#04x}" if table is None else f"{code:#04x} {number:#x}"
        raise ValueError(f"an unknown instruction {shown} at {at}")
    return *known, start


def _numbers(count: int) -> Reader:
    def read(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
        found: list[Immediate] = []
        for _ in range(count):
            one, at = unsigned(body, at)
            found.append(one)
        return tuple(found), at

    return read


def _signed(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    number, at = signed(body, at)
    return (number,), at


def _floating(layout: str) -> Reader:
    size = struct.calcsize(layout)

    def read(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
        if at + size > len(body):
            raise ValueError(f"a constant that is cut off at {at}")
        return struct.unpack_from(layout, body, at), at + size

    return read


def _labels(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    found, at = vector(body, at, unsigned)
    last, at = unsigned(body, at)
    return (*found, last), at


def _type(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    kind, at = signed(body, at)
    if kind not in _TO_OTHERS:
        return (kind,), at
    other, at = signed(body, at)
    return (kind, other), at


def _types(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    found, at = vector(body, at, _type)
    return tuple(number for one in found for number in one), at


def _catches(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    """Block type, then kind, tag (-1 for all) and label of every clause."""
    kind, at = _type(body, at)
    count, at = unsigned(body, at)
    found: list[Immediate] = list(kind)
    for _ in range(count):
        clause, at = body[at], at + 1
        tag = -1
        if clause < 2:
            tag, at = unsigned(body, at)
        label, at = unsigned(body, at)
        found += [clause, tag, label]
    return tuple(found), at


def _access(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    """Alignment, offset, memory."""
    alignment, at = unsigned(body, at)
    memory = 0
    if alignment & 0x40:
        memory, at = unsigned(body, at)
    offset, at = unsigned(body, at)
    return (alignment & 0x3F, offset, memory), at


def _access_of_lane(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    access, at = _access(body, at)
    return (*access, body[at]), at + 1


def _byte(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    return (body[at],), at + 1


def _sixteen(body: Bytes, at: int) -> tuple[tuple[Immediate, ...], int]:
    return (bytes(body[at : at + 16]),), at + 16


_Table = dict[int, tuple[str, Reader | None]]


def _table(*runs: tuple[int, Reader | None, str]) -> _Table:
    """From runs of names whose codes follow each other; `-` for a code that is not taken."""
    return {
        first + number: (name, reader)
        for first, reader, names in runs
        for number, name in enumerate(names.split())
        if name != "-"
    }


_COMPARED = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"
_COMPARED_F = "eq ne lt gt le ge"
_INTEGER = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
_FLOAT = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"


def _of(kind: str, operations: str) -> str:
    return " ".join(f"{kind}.{operation}" for operation in operations.split())


_PLAIN = _table(
    (0x00, None, "unreachable nop"),
    (0x02, _type, "block loop if"),
    (0x05, None, "else"),
    (0x06, _type, "try"),
    (0x07, _numbers(1), "catch throw rethrow"),
    (0x0A, None, "throw_ref end"),
    (0x0C, _numbers(1), "br br_if"),
    (0x0E, _labels, "br_table"),
    (0x0F, None, "return"),
    (0x10, _numbers(1), "call"),
    (0x11, _numbers(2), "call_indirect"),
    (0x12, _numbers(1), "return_call"),
    (0x13, _numbers(2), "return_call_indirect"),
    (0x14, _numbers(1), "call_ref return_call_ref"),
    (0x18, _numbers(1), "delegate"),
    (0x19, None, "catch_all drop select"),
    (0x1C, _types, "select"),
    (0x1F, _catches, "try_table"),
    (0x20, _numbers(1), "local.get local.set local.tee global.get global.set table.get table.set"),
    (0x28, _access, _of("i32", "load") + " i64.load f32.load f64.load"),
    (0x2C, _access, _of("i32", "load8_s load8_u load16_s load16_u")),
    (0x30, _access, _of("i64", "load8_s load8_u load16_s load16_u load32_s load32_u")),
    (0x36, _access, "i32.store i64.store f32.store f64.store i32.store8 i32.store16"),
    (0x3C, _access, "i64.store8 i64.store16 i64.store32"),
    (0x3F, _numbers(1), "memory.size memory.grow"),
    (0x41, _signed, "i32.const i64.const"),
    (0x43, _floating("<f"), "f32.const"),
    (0x44, _floating("<d"), "f64.const"),
    (0x45, None, "i32.eqz " + _of("i32", _COMPARED)),
    (0x50, None, "i64.eqz " + _of("i64", _COMPARED)),
    (0x5B, None, _of("f32", _COMPARED_F) + " " + _of("f64", _COMPARED_F)),
    (0x67, None, _of("i32", _INTEGER) + " " + _of("i64", _INTEGER)),
    (0x8B, None, _of("f32", _FLOAT) + " " + _of("f64", _FLOAT)),
    (0xA7, None, _of("i32", "wrap_i64 trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u")),
    (0xAC, None, _of("i64", "extend_i32_s extend_i32_u trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u")),
    (0xB2, None, _of("f32", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u demote_f64")),
    (0xB7, None, _of("f64", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u promote_f32")),
    (0xBC, None, "i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64"),
    (0xC0, None, "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s"),
    (0xD0, _signed, "ref.null"),
    (0xD1, None, "ref.is_null"),
    (0xD2, _numbers(1), "ref.func"),
)
_BULK = _table(
    (0, None, _of("i32", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u")),
    (4, None, _of("i64", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u")),
    (8, _numbers(2), "memory.init"),
    (9, _numbers(1), "data.drop"),
    (10, _numbers(2), "memory.copy"),
    (11, _numbers(1), "memory.fill"),
    (12, _numbers(2), "table.init"),
    (13, _numbers(1), "elem.drop"),
    (14, _numbers(2), "table.copy"),
    (15, _numbers(1), "table.grow table.size table.fill"),
)
_LOADS = "load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u"
_SPLATS = " load8_splat load16_splat load32_splat load64_splat store"
_SHIFTED = "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"
_SIMD = _table(
    (0x00, _access, _of("v128", _LOADS + _SPLATS)),
    (0x0C, _sixteen, "v128.const i8x16.shuffle"),
    (0x0E, None, "i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat"),
    (0x15, _byte, "i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane"),
    (0x18, _byte, "i16x8.extract_lane_s i16x8.extract_lane_u i16x8.replace_lane"),
    (0x1B, _byte, "i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane"),
    (0x1F, _byte, "f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane"),
    (0x23, None, _of("i8x16", _COMPARED) + " " + _of("i16x8", _COMPARED) + " " + _of("i32x4", _COMPARED)),
    (0x41, None, _of("f32x4", _COMPARED_F) + " " + _of("f64x2", _COMPARED_F)),
    (0x4D, None, _of("v128", "not and andnot or xor bitselect any_true")),
    (0x54, _access_of_lane, _of("v128", "load8_lane load16_lane load32_lane load64_lane")),
    (0x58, _access_of_lane, _of("v128", "store8_lane store16_lane store32_lane store64_lane")),
    (0x5C, _access, _of("v128", "load32_zero load64_zero")),
    (0x5E, None, "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
    (0x60, None, _of("i8x16", "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u")),
    (0x67, None, _of("f32x4", "ceil floor trunc nearest")),
    (0x6B, None, _of("i8x16", _SHIFTED)),
    (0x74, None, "f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc"),
    (0x7B, None, "i8x16.avgr_u i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u"),
    (0x7E, None, "i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u"),
    (0x80, None, _of("i16x8", "abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u")),
    (0x87, None, _of("i16x8", "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u")),
    (0x8A, None, "i16x8.extend_high_i8x16_u " + _of("i16x8", _SHIFTED)),
    (0x94, None, "f64x2.nearest " + _of("i16x8", "mul min_s min_u max_s max_u - avgr_u")),
    (0x9C, None, _of("i16x8", "extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u")),
    (0x9F, None, "i16x8.extmul_high_i8x16_u i32x4.abs i32x4.neg"),
    (0xA3, None, "i32x4.all_true i32x4.bitmask"),
    (0xA7, None, _of("i32x4", "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u")),
    (0xAA, None, "i32x4.extend_high_i16x8_u i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add"),
    (0xB1, None, "i32x4.sub"),
    (0xB5, None, _of("i32x4", "mul min_s min_u max_s max_u dot_i16x8_s")),
    (0xBC, None, _of("i32x4", "extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u")),
    (0xBF, None, "i32x4.extmul_high_i16x8_u i64x2.abs i64x2.neg"),
    (0xC3, None, "i64x2.all_true i64x2.bitmask"),
    (0xC7, None, _of("i64x2", "extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u")),
    (0xCA, None, "i64x2.extend_high_i32x4_u i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add"),
    (0xD1, None, "i64x2.sub"),
    (0xD5, None, _of("i64x2", "mul eq ne lt_s gt_s le_s ge_s")),
    (0xDC, None, _of("i64x2", "extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u")),
    (0xDF, None, "i64x2.extmul_high_i32x4_u f32x4.abs f32x4.neg"),
    (0xE3, None, _of("f32x4", "sqrt add sub mul div min max pmin pmax")),
    (0xEC, None, "f64x2.abs f64x2.neg"),
    (0xEF, None, _of("f64x2", "sqrt add sub mul div min max pmin pmax")),
    (0xF8, None, "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u"),
    (0xFA, None, "f32x4.convert_i32x4_s f32x4.convert_i32x4_u"),
    (0xFC, None, "i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero"),
    (0xFE, None, "f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u"),
    (0x100, None, "i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u"),
    (0x103, None, "i32x4.relaxed_trunc_f64x2_s_zero i32x4.relaxed_trunc_f64x2_u_zero"),
    (0x105, None, "f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd"),
    (0x109, None, "i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect"),
    (0x10C, None, "i64x2.relaxed_laneselect f32x4.relaxed_min f32x4.relaxed_max"),
    (0x10F, None, "f64x2.relaxed_min f64x2.relaxed_max i16x8.relaxed_q15mulr_s"),
    (0x112, None, "i16x8.relaxed_dot_i8x16_i7x16_s i32x4.relaxed_dot_i8x16_i7x16_add_s"),
)


def _modified(operation: str) -> str:
    wide = "{0}.atomic.rmw.{1} {2}.atomic.rmw.{1} {0}.atomic.rmw8.{1}_u {0}.atomic.rmw16.{1}_u"
    narrow = " {2}.atomic.rmw8.{1}_u {2}.atomic.rmw16.{1}_u {2}.atomic.rmw32.{1}_u"
    return (wide + narrow).format("i32", operation, "i64")


_ATOMIC = _table(
    (0x00, _access, "memory.atomic.notify memory.atomic.wait32 memory.atomic.wait64"),
    (0x03, _byte, "atomic.fence"),
    (0x10, _access, "i32.atomic.load i64.atomic.load i32.atomic.load8_u i32.atomic.load16_u"),
    (0x14, _access, "i64.atomic.load8_u i64.atomic.load16_u i64.atomic.load32_u"),
    (0x17, _access, "i32.atomic.store i64.atomic.store i32.atomic.store8 i32.atomic.store16"),
    (0x1B, _access, "i64.atomic.store8 i64.atomic.store16 i64.atomic.store32"),
    *(
        (0x1E + 7 * number, _access, _modified(operation))
        for number, operation in enumerate(("add", "sub", "and", "or", "xor", "xchg", "cmpxchg"))
    ),
)
_PREFIXED = {0xFC: _BULK, 0xFD: _SIMD, 0xFE: _ATOMIC}
_CODES = {name: bytes([code]) for code, (name, _) in reversed(_PLAIN.items())} | {
    name: bytes([prefix]) + leb(code)
    for prefix, table in _PREFIXED.items()
    for code, (name, _) in table.items()
}
