"""How many vectors loops need at once: told of matrix products whose tiles are known to fit, or not to."""

import pytest

from gapprof.kernels.families.gemm import Gemm, gemm
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.kernels.wasm.module import module as written
from gapprof.transplant.native_text import transplant
from gapprof.transplant.pressure import VECTOR_REGISTERS, vectors_at_once
from gapprof.wasm.module import parsed
from tests.unit.transplant.assembly import TARGET, Function, code, module

FITTING = {WASM: ((3, 2), (4, 2), (5, 2), (3, 3), (2, 4)), WASM_RELAXED: ((4, 2), (5, 2), (6, 2), (3, 3))}
SPILLING = {WASM: ((6, 2), (4, 3), (3, 4), (7, 2)), WASM_RELAXED: ((4, 3), (7, 2), (3, 4))}
"""Rows and vectors of tiles, by whether V8 was measured to keep up with native code."""

COUNT_DOWN = (("local.get", 0), ("i32.const", 1), "i32.sub", ("local.tee", 0), ("br_if", 0), "end")
"""The end of a loop that goes on until the first local is 0."""


def alive(wasm: bytes) -> int:
    """In the only function of a module."""
    found = parsed(wasm)
    function = found.imported_functions
    text = transplant(found, function, machine="x86_64", attributes=TARGET.attributes).text
    return vectors_at_once(text, function)


def tile(rows: int, vectors: int, machine: Machine) -> int:
    """Of a product with that tile."""
    shape = Gemm(rows=rows * 8, depth=64, columns=vectors * 4 * 8, packed=False)
    return alive(written([gemm(shape, Tile(rows, vectors, 2, 64), machine)]))


@pytest.mark.parametrize(
    ("rows", "vectors", "machine"), [(*size, machine) for machine in FITTING for size in FITTING[machine]]
)
def test_tiles_at_native_speed_fit_the_registers(rows: int, vectors: int, machine: Machine) -> None:
    assert tile(rows, vectors, machine) <= VECTOR_REGISTERS["x86_64"]


@pytest.mark.parametrize(
    ("rows", "vectors", "machine"), [(*size, machine) for machine in SPILLING for size in SPILLING[machine]]
)
def test_tiles_at_half_the_speed_do_not(rows: int, vectors: int, machine: Machine) -> None:
    assert tile(rows, vectors, machine) > VECTOR_REGISTERS["x86_64"]


def test_sums_operands_and_what_is_on_its_way_are_counted() -> None:
    """5 rows of 2 vectors: ten sums, two of B, one of A, one product before it is added."""
    assert tile(5, 2, WASM) == 14
    assert tile(5, 2, WASM_RELAXED) == 13


def test_what_is_alive_outside_of_loops_does_not_count() -> None:
    body = code(*[("local.get", 0), ("v128.load", 0, 0)] * 20, *["f32x4.add"] * 19, ("local.set", 1))
    store = code(("local.get", 0), ("local.get", 1), ("v128.store", 0, 0))
    assert alive(module([Function(["i32"], [], body + store, ["v128"])])) == 0


def test_what_is_carried_through_a_loop_without_being_used_needs_a_place_too() -> None:
    """One vector waits, one is summed up, one is on its way."""
    begin = code(("local.get", 0), ("v128.load", 0, 0), ("local.set", 1))
    turn = code(
        ("loop", -64),
        ("local.get", 2),
        ("local.get", 0),
        ("v128.load", 0, 16),
        "f32x4.add",
        ("local.set", 2),
        *COUNT_DOWN,
    )
    end = code(("local.get", 3), ("local.get", 1), ("local.get", 2), "f32x4.add", ("v128.store", 0, 0))
    assert alive(module([Function(["i32"], [], begin + turn + end, ["v128", "v128", "i32"])])) == 3


def test_an_outer_loop_is_not_where_time_is_spent() -> None:
    """Twenty vectors meet in the outer loop, one in the inner one."""
    inner = code(
        ("loop", -64),
        ("local.get", 1),
        ("local.get", 1),
        "f32x4.add",
        ("local.set", 1),
        *COUNT_DOWN,
    )
    crowd = code(*[("local.get", 2), ("v128.load", 0, 0)] * 20, *["f32x4.mul"] * 19, ("local.set", 1))
    outer = (
        code(("loop", -64)) + crowd + inner + code(("local.get", 2), ("local.tee", 2), ("br_if", 0), "end")
    )
    end = code(("local.get", 2), ("local.get", 1), ("v128.store", 0, 0))
    assert alive(module([Function(["i32"], [], outer + end, ["v128", "i32"])])) == 1
