"""Every instruction that computes, on edge values: natively bit for bit what V8 gives."""

import struct
from itertools import product

import numpy as np
import pytest

from gapprof.transplant import reshaped, scalar, vectors
from gapprof.transplant.operation import Operation
from tests.unit.transplant.assembly import FUSED, PAGE, Function, Native, Ran, code, in_node, module

SLOT = 64
RESULT = 48
OPERATIONS: dict[str, Operation] = {
    **scalar.operations(),
    **vectors.operations(),
    **reshaped.operations(),
    **reshaped.for_machine("x86_64"),
}
ROUNDING = ("add", "sub", "mul", "div", "min", "max", "sqrt", "ceil", "floor", "trunc", "nearest")
CONVERTING = ("demote_f64", "promote_f32", "demote_f64x2_zero", "promote_low_f32x4", "pmin", "pmax")
RELAXED = ("relaxed_min", "relaxed_max", "relaxed_madd", "relaxed_nmadd")


_BITS = {"<f": "<I", "<d": "<Q"}


def _floats(layout: str, *bits: int) -> list[bytes]:
    plain = [0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.5, 3.5, 1e-3, float("inf"), float("-inf")]
    plain += [2147483647.0, 2147483648.0, -2147483648.0, -2147483904.0, 4294967040.0, 4294967296.0]
    plain += [9.223371487098962e18, 9.223372036854775807e18, 1.8446744073709552e19, -9.223372036854775807e18]
    return [*(struct.pack(layout, one) for one in plain), *(struct.pack(_BITS[layout], one) for one in bits)]


EDGES: dict[str, list[bytes]] = {
    "i32": [
        struct.pack("<i", one)
        for one in (0, 1, -1, 2, 7, -8, 31, 32, 33, 127, 128, -129, 32768, 65535, 2**31 - 1, -(2**31))
    ],
    "i64": [
        struct.pack("<q", one)
        for one in (
            0,
            1,
            -1,
            5,
            -63,
            64,
            65,
            255,
            -32769,
            2**31,
            -(2**31),
            2**32,
            2**53 + 1,
            2**63 - 1,
            -(2**63),
        )
    ],
    "f32": _floats("<f", 0x7FC00000, 0xFFC00001, 0x7F800001, 0x00000001, 0x807FFFFF, 0x7F7FFFFF),
    "f64": _floats("<d", 0x7FF8 << 48, (0xFFF8 << 48) + 1, (0x7FF0 << 48) + 1, 1, 0x7FEF << 48),
}
RANDOM = np.random.default_rng(11)


def _vectors(count: int) -> list[bytes]:
    """Lanes of every kind, edges and noise."""
    found = []
    for number in range(count):
        match number % 6:
            case 0:
                found.append(RANDOM.bytes(16))
            case 1:
                found.append(b"".join(EDGES["f32"][at] for at in RANDOM.integers(0, len(EDGES["f32"]), 4)))
            case 2:
                found.append(b"".join(EDGES["f64"][at] for at in RANDOM.integers(0, len(EDGES["f64"]), 2)))
            case 3:
                found.append(b"".join(EDGES["i32"][at] for at in RANDOM.integers(0, len(EDGES["i32"]), 4)))
            case 4:
                found.append(bytes(RANDOM.choice([0, 1, 127, 128, 255, 15, 16, 0x80], 16).astype(np.uint8)))
            case _:
                words = RANDOM.choice([0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x00FF, 0x0080], 8)
                found.append(words.astype("<u2").tobytes())
    return found


def _cases(kinds: tuple[str, ...]) -> list[tuple[bytes, ...]]:
    if "v128" in kinds:
        columns = [_vectors(480) if kind == "v128" else EDGES[kind] * 30 for kind in kinds]
        return list(zip(*columns, strict=False))
    return list(product(*(EDGES[kind] for kind in kinds)))


def _image(cases: list[tuple[bytes, ...]]) -> bytes:
    image = bytearray(PAGE)
    for number, case in enumerate(cases):
        for at, operand in enumerate(case):
            image[number * SLOT + 16 * at : number * SLOT + 16 * at + len(operand)] = operand
    return bytes(image[:PAGE])


def _function(name: str, operation: Operation) -> Function:
    body = code(("local.get", 0))
    for at, kind in enumerate(operation.operands):
        body += code(("local.get", 0), (f"{kind}.load", 0, 16 * at))
    body += code(name, (f"{operation.result}.store", 0, RESULT))
    return Function(["i32"], [], body)


def _known() -> dict[str, Operation]:
    """Those that wasm has: the tables of lanes hold some that it leaves out."""
    found = {}
    for name, operation in OPERATIONS.items():
        try:
            code(name)
        except KeyError:
            continue
        found[name] = operation
    return found


KNOWN = _known()


@pytest.fixture(scope="module")
def by_v8(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, int, Ran]]:
    """Image, of how many calls, and what came of it, for every instruction."""
    wasm = module([_function(name, one) for name, one in KNOWN.items()])
    found: dict[str, tuple[bytes, int, Ran]] = {}
    by_operands: dict[tuple[str, ...], list[str]] = {}
    for name, one in KNOWN.items():
        by_operands.setdefault(one.operands, []).append(name)
    numbers = {name: number for number, name in enumerate(KNOWN)}
    for kinds, names in by_operands.items():
        cases = _cases(kinds)
        image = _image(cases)
        calls = [(numbers[name], len(cases)) for name in names]
        batches = [[(number, (SLOT * at,)) for at in range(count)] for number, count in calls]
        ran = in_node(wasm, image, batches, tmp_path_factory.mktemp("v8"))
        found.update({name: (image, len(cases), one) for name, one in zip(names, ran, strict=True)})
    return found


def _lanes(name: str) -> str | None:
    """The float type of a result whose NaN may be any; None where every bit counts."""
    kind, _, what = name.partition(".")
    if what not in (*ROUNDING, *CONVERTING, *RELAXED):
        return None
    return {"f32": "<u4", "f64": "<u8", "f32x4": "<u4", "f64x2": "<u8"}.get(kind)


def _without_nan_bits(memory: bytes, layout: str) -> bytes:
    bits = np.frombuffer(memory, layout).copy()
    nan = np.isnan(bits.view(layout.replace("u", "f")))
    bits[nan] = 0x7F
    return bits.tobytes()


def _results(memory: bytes, name: str) -> bytes:
    slots = np.frombuffer(memory, np.uint8).reshape(-1, SLOT)[:, RESULT:]
    layout = _lanes(name)
    return _without_nan_bits(slots.tobytes(), layout) if layout else slots.tobytes()


@pytest.mark.parametrize("name", KNOWN)
def test_natively_it_is_what_v8_gives(name: str, by_v8: dict[str, tuple[bytes, int, Ran]]) -> None:
    fused = name.endswith("madd")
    if fused and FUSED is None:
        pytest.skip("this CPU has no fused multiply-add")
    image, count, ran = by_v8[name]
    wasm = module([_function(name, KNOWN[name])])
    native = Native(wasm, 0, fused=fused)
    rows = [(SLOT * at,) for at in range(count) if at not in ran.trapped]
    assert rows
    assert not native.text.ends
    assert _results(native.run(image, rows), name) == _results(ran.memory, name)
    for at in ran.trapped[:: max(1, len(ran.trapped) // 6)]:
        assert native.traps(image, (SLOT * at,))


def test_the_ones_that_trap_are_those_that_wasm_says(by_v8: dict[str, tuple[bytes, int, Ran]]) -> None:
    trapping = {name for name, (_, _, ran) in by_v8.items() if ran.trapped}
    assert trapping == {
        *(f"{kind}.{op}_{sign}" for kind in ("i32", "i64") for op in ("div", "rem") for sign in "su"),
        *(f"{kind}.trunc_{of}_{sign}" for kind in ("i32", "i64") for of in ("f32", "f64") for sign in "su"),
    }


def test_every_instruction_that_computes_is_known() -> None:
    """Against the table of all instructions: none is forgotten, none is made up."""
    from gapprof.wasm.instructions import _PLAIN, _SIMD

    computing = {name for number, (name, _) in _PLAIN.items() if 0x45 <= number <= 0xC4}
    computing |= {name for name, reader in _SIMD.values() if reader is None and not name.endswith("-")}
    left_out = computing - KNOWN.keys()
    assert left_out == {
        "i32x4.relaxed_trunc_f32x4_u",
        "i32x4.relaxed_trunc_f64x2_s_zero",
        "i32x4.relaxed_trunc_f64x2_u_zero",
    }
