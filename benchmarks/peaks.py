"""The measured peaks of 128-bit wasm against wasm that is written by hand, byte by byte, in one run.

python benchmarks/peaks.py [ROUNDS]

Products: nine sums in registers, three splats a turn, no kernel language between; near 1 where operations are
counted right and no loop is held up. Copies: `memory.copy`, the engine's own code, which may use wider
vectors than wasm has: below 1 lies what 128-bit loads and stores cannot do.
"""

import base64
import math
import sys
import time
from collections.abc import Sequence
from statistics import median

from gapprof import assets
from gapprof.engine import running
from gapprof.guard import Guard
from gapprof.kernels.families import peak, streamed
from gapprof.kernels.family import Tile
from gapprof.kernels.ir import Kernel, repeated
from gapprof.kernels.machine import WASM
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed
from gapprof.stats.interval import exponential, t_interval
from gapprof.wasm.encode import HEADER, section, signed, unsigned, vector

ROUNDS = 9
MEMORY_BYTES = 32 << 20
SOURCE, RESULT = 1 << 16, 16 << 20
TURNS = 3080
FOOTPRINTS = (16 << 10, 256 << 10, 4 << 20)
ADD, MUL, LOAD, SPLAT = (b"\xfd" + unsigned(opcode) for opcode in (0xE4, 0xE6, 0x00, 0x09))
STORE = b"\xfd" + unsigned(0x0B)


def products_by_hand() -> bytes:
    """As many products as a call of `Peak` makes: 3 splats times 3 vectors, 3080 times, all `count` times."""
    count, pointer, left = 0, 3, 4  # parameters 0 to 2; i32 locals 3 and 4; then 9 sums, 3 vectors, a splat
    sums, columns, splat = range(5, 14), range(14, 17), 17
    code = b""
    for number, column in enumerate(columns):
        code += b"\x41\x00" + LOAD + b"\x04" + unsigned(SOURCE + 16 * number) + put(column)
    code += b"\x03\x40" + b"\x41" + signed(SOURCE) + put(pointer) + b"\x41" + signed(TURNS) + put(left)
    code += b"\x03\x40"
    for number, total in enumerate(sums):
        row, column = divmod(number, 3)
        if column == 0:
            code += get(pointer) + SPLAT + b"\x02" + unsigned(4 * row) + put(splat)
        code += get(total) + get(splat) + get(columns[column]) + MUL + ADD + put(total)
    code += get(pointer) + b"\x41\x0c\x6a" + put(pointer)
    code += get(left) + b"\x41\x01\x6b\x22" + unsigned(left) + b"\x0d\x00\x0b"
    code += get(count) + b"\x41\x01\x6b\x22" + unsigned(count) + b"\x0d\x00\x0b"
    for number, total in enumerate(sums):
        code += b"\x41\x00" + get(total) + STORE + b"\x04" + unsigned(RESULT + 16 * number)
    return whole(code, unsigned(2) + b"\x7f", unsigned(13) + b"\x7b")


def copies_by_hand(size_bytes: int) -> bytes:
    """`memory.copy` of half the footprint, `count` times."""
    code = b"\x03\x40\x41" + signed(RESULT) + b"\x41" + signed(SOURCE) + b"\x41" + signed(size_bytes // 2)
    code += b"\xfc\x0a\x00\x00" + get(0) + b"\x41\x01\x6b\x22\x00\x0d\x00\x0b"
    return whole(code)


def whole(code: bytes, *declared: bytes) -> bytes:
    """A module with that one function, which takes what `repeated` functions take."""
    body = vector(declared) + code + b"\x0b"
    return HEADER + b"".join(
        (
            section(1, vector([b"\x60\x03\x7f\x7f\x7f\x00"])),
            section(2, vector([b"\x03env\x06memory\x02\x00\x01"])),
            section(3, vector([b"\x00"])),
            section(7, vector([b"\x04hand\x00\x00"])),
            section(10, vector([unsigned(len(body)) + body])),
        )
    )


def get(local: int) -> bytes:
    """A variable on the stack."""
    return b"\x20" + unsigned(local)


def put(local: int) -> bytes:
    """And back."""
    return b"\x21" + unsigned(local)


def case(code: bytes, export: str, *addresses: int) -> KernelCase:
    """One thing to time, always on the same memory."""
    return KernelCase(
        module=base64.b64encode(code).decode(), export=export, calls=(addresses,), samples=ROUNDS
    )


def ours(kernel: Kernel, *addresses: int) -> KernelCase:
    """A kernel of the families."""
    return case(module([kernel]), repeated(kernel.name), *addresses)


def told(what: str, amount: float, hand_us: Sequence[float], family_us: Sequence[float]) -> str:
    """One line; the ratio is of samples of one round."""
    logs = [math.log(hand / family) for hand, family in zip(hand_us, family_us, strict=True)]
    one = exponential(t_interval(logs))
    rates = " and ".join(f"{amount / median(times) / 1e3:.1f}" for times in (hand_us, family_us))
    return (
        f"{what}: {rates} G/s by hand and by the family; family over hand "
        f"{one.point:.3f} [{one.low:.3f}, {one.high:.3f}]"
    )


def main() -> None:
    """One line for products and one for each footprint."""
    shape = peak.Peak(element="f32")
    best = Tile(3, 3, 1, 1)
    copies = [streamed.Streamed(count=size // 8, written=True) for size in FOOTPRINTS]
    cases = [
        case(products_by_hand(), "hand", SOURCE),
        ours(peak.peak(shape, best, WASM), SOURCE, SOURCE, RESULT),
        *(case(copies_by_hand(one.footprint_bytes), "hand", SOURCE) for one in copies),
        *(ours(streamed.streamed(one, 8, WASM), SOURCE, RESULT) for one in copies),
    ]
    task = KernelsTask(
        memory_bytes=MEMORY_BYTES,
        seed=1,
        data=(),
        cases=tuple(cases),
        warmup_ms=100.0,
        sample_ms=10.0,
        shown=(),
    )
    with Guard() as guard, running(assets.node(), assets.probes_web() / "engine.mjs", guard=guard) as engine:
        times = engine.ask(task, KernelsTimed, until=time.monotonic() + 300).samples_us
    print(told("products of f32", shape.operations(WASM.lanes), times[0], times[1]))
    for number, one in enumerate(copies):
        what = f"copies, {one.footprint_bytes >> 10} KiB"
        print(told(what, one.footprint_bytes, times[2 + number], times[2 + len(copies) + number]))


if __name__ == "__main__":
    ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    main()
