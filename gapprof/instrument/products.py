"""How fast this browser multiplies and adds: with what builds of onnxruntime-web hold, and with relaxed SIMD.

A loop of ten independent sums in registers, as `kernels.families.peak` has them; written by hand because the
small kernel language has no product of bytes.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from gapprof.facts.inside import MULTIPLY_ADD, RELAXED_DOT, RELAXED_MULTIPLY_ADD
from gapprof.records.wire.kernels import KernelCase, KernelsTask
from gapprof.wasm.encode import HEADER, I32, V128, name, section, signed, simd, unsigned, vector

I16 = "i32x4.dot_i16x8_s and i32x4.add"
_LOADED, _COLUMNS = 5, 2
_TURNS = 200
_SUMS = _LOADED * _COLUMNS
_VECTOR_BYTES = 16
_EXPORT = "repeat"
_MEMORY_BYTES = 65536
_WARMUP_MS, _SAMPLE_MS, _SAMPLES = 40.0, 5.0, 7


@dataclass(frozen=True, slots=True)
class Product:
    """Instructions between a vector, a second one and a sum of earlier ones."""

    code: bytes
    """With the sum on top of the stack of operands, or below them."""
    sum_first: bool
    operations: int
    """A multiplication and an addition are two."""


PRODUCTS: Mapping[str, Product] = {
    MULTIPLY_ADD: Product(simd(0xE6) + simd(0xE4), sum_first=True, operations=8),
    RELAXED_MULTIPLY_ADD: Product(simd(0x105), sum_first=False, operations=8),
    I16: Product(simd(0xBA) + simd(0xAE), sum_first=True, operations=16),
    RELAXED_DOT: Product(simd(0x113), sum_first=False, operations=32),
}


def operations(product: str) -> int:
    """Of one call."""
    return PRODUCTS[product].operations * _SUMS * _TURNS


def task(products: tuple[str, ...]) -> KernelsTask:
    """All of them, timed in rounds."""
    return KernelsTask(
        memory_bytes=_MEMORY_BYTES,
        seed=0,
        data=(),
        cases=tuple(
            KernelCase(
                module=base64.b64encode(module(PRODUCTS[one])).decode(),
                export=_EXPORT,
                calls=((),),
                samples=_SAMPLES,
            )
            for one in products
        ),
        warmup_ms=_WARMUP_MS,
        sample_ms=_SAMPLE_MS,
        shown=(),
    )


_TIMES, _TABLE, _ROWS, _AT = range(4)
"""The function's parameters, of which only the first counts, and the address that is read."""
_EACH = 4
_COLUMN = range(5, 5 + _COLUMNS)
_SUM = range(5 + _COLUMNS, 5 + _COLUMNS + _SUMS)


def module(product: Product) -> bytes:
    """It imports `env.memory`; `repeat(times, table, rows)` goes through the loop `times` times."""
    body = vector([b"\x01" + I32, unsigned(1 + _COLUMNS + _SUMS) + V128]) + _code(product)
    return b"".join(
        [
            HEADER,
            section(1, vector([b"\x60\x03" + 3 * I32 + b"\x00"])),
            section(2, vector([name("env") + name("memory") + b"\x02\x00\x00"])),
            section(3, vector([b"\x00"])),
            section(7, vector([name(_EXPORT) + b"\x00\x00"])),
            section(10, vector([unsigned(len(body)) + body])),
        ]
    )


def _code(product: Product) -> bytes:
    columns = [_i32(0) + _load(number) + _set(column) for number, column in enumerate(_COLUMN)]
    turn = [
        _get(_AT) + _load(row) + _set(_EACH) + b"".join(_step(product, row, c) for c in range(_COLUMNS))
        for row in range(_LOADED)
    ]
    turns = _TURNS * _LOADED * _VECTOR_BYTES
    inner = b"".join(turn) + _get(_AT) + _i32(_LOADED * _VECTOR_BYTES) + b"\x6a\x22" + unsigned(_AT)
    again = inner + _i32(turns) + b"\x49\x0d\x00"
    outer = _i32(0) + _set(_AT) + b"\x03\x40" + again + b"\x0b"
    times = _get(_TIMES) + _i32(1) + b"\x6b\x22" + unsigned(_TIMES) + b"\x0d\x00"
    kept = b"".join(_i32(0) + _get(one) + simd(0x0B, 4) + unsigned(16 * at) for at, one in enumerate(_SUM))
    return b"".join(columns) + b"\x03\x40" + outer + times + b"\x0b" + kept + b"\x0b"


def _step(product: Product, row: int, column: int) -> bytes:
    total = _SUM[row * _COLUMNS + column]
    operands = _get(_EACH) + _get(_COLUMN[column])
    both = _get(total) + operands if product.sum_first else operands + _get(total)
    return both + product.code + _set(total)


def _get(local: int) -> bytes:
    return b"\x20" + unsigned(local)


def _set(local: int) -> bytes:
    return b"\x21" + unsigned(local)


def _i32(value: int) -> bytes:
    return b"\x41" + signed(value)


def _load(row: int) -> bytes:
    return simd(0x00, 4) + unsigned(row * _VECTOR_BYTES)
