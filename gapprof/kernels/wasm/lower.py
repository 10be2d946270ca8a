"""From a kernel to the body of a wasm function. A vector is a v128 of four lanes of 32 bits, or a scalar."""

import struct
from collections.abc import Iterator
from itertools import groupby

from gapprof.kernels.ir import (
    ELEMENT_BYTES,
    INDEX,
    Assign,
    Binary,
    Bits,
    ByteDot,
    Constant,
    Dot,
    Expression,
    Kernel,
    Lane,
    Load,
    LoadSplat,
    LoadWidened,
    Local,
    Loop,
    MulAdd,
    ShiftLeft,
    ShiftRight,
    Shuffle,
    Splat,
    Statement,
    Store,
    ToFloat,
    Type,
    Unary,
    Vector,
    vector_of,
)
from gapprof.wasm.encode import F32, I32, V128, signed, simd, unsigned, vector

_SCALAR = {
    "f32": {"add": 0x92, "sub": 0x93, "mul": 0x94, "div": 0x95, "min": 0x96, "max": 0x97},
    "i32": {"add": 0x6A, "sub": 0x6B, "mul": 0x6C, "and": 0x71, "or": 0x72, "xor": 0x73},
}
_SCALAR_UNARY = {"sqrt": 0x91, "abs": 0x8B, "neg": 0x8C, "floor": 0x8E, "nearest": 0x90}
_LANEWISE = {
    "f32": {
        "add": 0xE4,
        "sub": 0xE5,
        "mul": 0xE6,
        "div": 0xE7,
        "min": 0xE8,
        "max": 0xE9,
        "pmin": 0xEA,
        "pmax": 0xEB,
    },
    "i8": {"max": 0x78, "umax": 0x79},
    "i32": {"add": 0xAE, "sub": 0xB1, "mul": 0xB5, "and": 0x4E, "or": 0x50, "xor": 0x51},
}
_LANEWISE_UNARY = {"sqrt": 0xE3, "abs": 0xE0, "neg": 0xE1, "floor": 0x68, "nearest": 0x6A}
_RELAXED_MADD = 0x105
_RELAXED_BYTE_DOT = 0x113
_PACKED = {"f32": "<f", "i32": "<i", "i16": "<h", "i8": "<b"}
_UNALIGNED = b"\0"
"""A promise about alignment that nothing checks and x86 does not need."""


def function_body(kernel: Kernel) -> bytes:
    """Variables and instructions, with the length before them. TypeError for vectors that wasm has not."""
    kinds = (_value_type(one) for one in kernel.locals)
    declared = vector(unsigned(len(list(run))) + kind for kind, run in groupby(kinds))
    body = declared + b"".join(_statements(kernel.body)) + b"\x0b"
    return unsigned(len(body)) + body


def _value_type(type_: Type) -> bytes:
    if not isinstance(type_, Vector):
        return I32
    if type_.size_bytes == 16:
        return V128
    if type_.lanes == 1 and type_.element in ("f32", "i32"):
        return F32 if type_.element == "f32" else I32
    raise TypeError(f"wasm holds no {type_.lanes} lanes of {type_.element}")


def _statements(statements: tuple[Statement, ...]) -> Iterator[bytes]:
    for one in statements:
        match one:
            case Assign():
                yield from _expression(one.value)
                yield b"\x21" + unsigned(one.local.number)
            case Store():
                yield from _expression(one.address)
                yield from _expression(one.value)
                store = {V128: simd(0x0B), F32: b"\x38", I32: b"\x36"}[_value_type(one.value.type)]
                yield store + _UNALIGNED + unsigned(one.offset)
            case Loop():
                yield b"\x03\x40"
                yield from _statements(one.body)
                yield from _expression(one.left)
                yield from _expression(one.right)
                yield b"\x47\x0d\x00\x0b"  # while they differ


def _expression(one: Expression) -> Iterator[bytes]:
    kind = _value_type(one.type)
    match one:
        case Local():
            yield b"\x20" + unsigned(one.number)
        case Constant():
            yield _constant(one)
        case Binary():
            yield from _binary(one)
        case Unary():
            yield from _expression(one.operand)
            yield simd(_LANEWISE_UNARY[one.op]) if kind == V128 else bytes([_SCALAR_UNARY[one.op]])
        case MulAdd():
            yield from _mul_add(one)
        case Dot():
            yield from _expression(one.left)
            yield from _expression(one.right)
            yield simd(0xBA)
        case ByteDot():
            yield from _expression(one.left)
            yield from _expression(one.right)
            yield from _expression(one.addend)
            yield simd(_RELAXED_BYTE_DOT)
        case Bits():
            yield from _expression(one.operand)
            if kind != V128 and one.type != one.operand.type:
                yield b"\xbe" if one.type.element == "f32" else b"\xbc"
        case ShiftLeft():
            yield from _expression(one.operand)
            yield b"\x41" + signed(one.bits)
            yield simd(0xAB) if kind == V128 else b"\x74"
        case ShiftRight():
            yield from _expression(one.operand)
            yield b"\x41" + signed(one.bits)
            yield simd(0xAC) if kind == V128 else b"\x75"
        case ToFloat():
            yield from _expression(one.operand)
            yield simd(0xFA) if kind == V128 else b"\xb2"
        case Load():
            yield from _expression(one.address)
            yield {V128: simd(0x00), F32: b"\x2a", I32: b"\x28"}[kind] + _UNALIGNED + unsigned(one.offset)
        case LoadWidened():
            yield from _expression(one.address)
            yield simd(0x01 if one.signed else 0x02) + _UNALIGNED + unsigned(one.offset)
        case LoadSplat():
            yield from _expression(one.address)
            splat = {V128: simd(0x09), F32: b"\x2a", I32: b"\x28"}[kind]
            yield splat + _UNALIGNED + unsigned(one.offset)
        case Splat():
            yield from _expression(one.operand)
            if kind == V128:
                yield simd(0x13)
        case Lane():
            yield from _expression(one.operand)
            if _value_type(one.operand.type) == V128:
                yield simd(0x1F, one.number)
        case Shuffle() if kind != V128:
            yield from _expression((one.left, one.right)[one.order[0]])
        case Shuffle():
            yield from _expression(one.left)
            yield from _expression(one.right)
            yield simd(0x0D, *_byte_order(one))


def _constant(one: Constant) -> bytes:
    if one.type == INDEX:
        return b"\x41" + signed(int(one.value))
    vector_type = vector_of(one)
    element = vector_type.element
    packed = struct.pack(_PACKED[element], one.value if element == "f32" else int(one.value))
    match _value_type(one.type):
        case kind if kind == V128:
            return simd(0x0C) + packed * vector_type.lanes
        case kind if kind == F32:
            return b"\x43" + packed
        case _:
            return b"\x41" + signed(int(one.value))


def _binary(one: Binary) -> Iterator[bytes]:
    if one.type == INDEX or _value_type(one.type) == I32:
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield bytes([_SCALAR["i32"][one.op]])
    elif _value_type(one.type) == V128:
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield simd(_LANEWISE[vector_of(one).element][one.op])
    elif one.op in ("pmin", "pmax"):
        lesser, greater = (one.right, one.left) if one.op == "pmin" else (one.left, one.right)
        yield from _expression(one.right)
        yield from _expression(one.left)
        yield from _expression(lesser)
        yield from _expression(greater)
        yield b"\x5d\x1b"  # f32.lt, select
    else:
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield bytes([_SCALAR["f32"][one.op]])


def _mul_add(one: MulAdd) -> Iterator[bytes]:
    if _value_type(one.type) != V128:  # scalars have no fused instruction
        yield from _expression(one.addend)
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield bytes([_SCALAR["f32"]["mul"], _SCALAR["f32"]["add"]])
    elif one.fused:
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield from _expression(one.addend)
        yield simd(_RELAXED_MADD)
    else:
        yield from _expression(one.addend)
        yield from _expression(one.left)
        yield from _expression(one.right)
        yield simd(_LANEWISE["f32"]["mul"]) + simd(_LANEWISE["f32"]["add"])


def _byte_order(one: Shuffle) -> Iterator[int]:
    size = ELEMENT_BYTES[vector_of(one).element]
    for lane in one.order:
        yield from range(lane * size, (lane + 1) * size)
