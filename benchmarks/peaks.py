"""The measured peaks of 128-bit wasm against wasm that is written by hand, byte by byte, in one run.

python benchmarks/peaks.py [ROUNDS]

Products: sums in registers and splats, no kernel language between; near 1 where operations are counted right
and no loop is held up. Copies: eight loads and stores of 128 bits a turn; beside them `memory.copy`, the
engine's own code, which may use wider vectors than wasm has: it bounds nothing.

A peak is the fastest tile or schedule, by hand as of the family. Which one that is, is said for each round by
the others: the round that chose would be its luckiest.
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
from gapprof.kernels.ir import Kernel, repeated
from gapprof.kernels.machine import WASM
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed
from gapprof.stats.interval import Interval, exponential, t_interval
from gapprof.wasm.encode import HEADER, section, signed, unsigned, vector

ROUNDS = 9
MEMORY_BYTES = 32 << 20
SOURCE, RESULT = 1 << 16, 16 << 20
PRODUCTS = 27720
"""In vectors; a multiple of those of every tile, as the family's."""
FOOTPRINTS = (16 << 10, 256 << 10, 4 << 20)
UNROLLED, VECTOR_BYTES = 8, 16
BOUND = 0.05
HAND, ENGINE, FAMILY = "by hand", "by memory.copy", "by the family"
ADD, MUL, LOAD, SPLAT = (b"\xfd" + unsigned(opcode) for opcode in (0xE4, 0xE6, 0x00, 0x09))
STORE = b"\xfd" + unsigned(0x0B)


def products_by_hand(rows: int, vectors: int) -> bytes:
    """As many products as a call of `Peak` makes: splats of so many rows times vectors, all `count` times."""
    count, pointer, left, first = 0, 3, 4, 5  # parameters 0 to 2; i32 locals 3 and 4; then vectors
    sums = range(first, first + rows * vectors)
    columns = range(sums.stop, sums.stop + vectors)
    splat = columns.stop
    code = b""
    for number, column in enumerate(columns):
        code += b"\x41\x00" + LOAD + b"\x04" + unsigned(SOURCE + VECTOR_BYTES * number) + put(column)
    code += b"\x03\x40" + b"\x41" + signed(SOURCE) + put(pointer)
    code += b"\x41" + signed(PRODUCTS // len(sums)) + put(left)
    code += b"\x03\x40"
    for number, total in enumerate(sums):
        row, column = divmod(number, vectors)
        if column == 0:
            code += get(pointer) + SPLAT + b"\x02" + unsigned(4 * row) + put(splat)
        code += get(total) + get(splat) + get(columns[column]) + MUL + ADD + put(total)
    code += get(pointer) + b"\x41" + signed(4 * rows) + b"\x6a" + put(pointer)
    for turns in (left, count):
        code += down_to_nothing(turns)
    for number, total in enumerate(sums):
        code += b"\x41\x00" + get(total) + STORE + b"\x04" + unsigned(RESULT + VECTOR_BYTES * number)
    return whole(code, unsigned(2) + b"\x7f", unsigned(splat + 1 - first) + b"\x7b")


def copies_by_hand(size_bytes: int) -> bytes:
    """Half the footprint in turns of eight loads and stores, `count` times."""
    count, source, result, left = 0, 3, 4, 5  # parameters 0 to 2; i32 locals 3 to 5
    turn_bytes = UNROLLED * VECTOR_BYTES
    code = b"\x03\x40\x41" + signed(SOURCE) + put(source) + b"\x41" + signed(RESULT) + put(result)
    code += b"\x41" + signed(size_bytes // 2 // turn_bytes) + put(left) + b"\x03\x40"
    for number in range(UNROLLED):
        at = b"\x04" + unsigned(number * VECTOR_BYTES)
        code += get(result) + get(source) + LOAD + at + STORE + at
    for pointer in (source, result):
        code += get(pointer) + b"\x41" + signed(turn_bytes) + b"\x6a" + put(pointer)
    for turns in (left, count):
        code += down_to_nothing(turns)
    return whole(code, unsigned(3) + b"\x7f")


def copies_by_the_engine(size_bytes: int) -> bytes:
    """`memory.copy` of half the footprint, `count` times."""
    code = b"\x03\x40\x41" + signed(RESULT) + b"\x41" + signed(SOURCE) + b"\x41" + signed(size_bytes // 2)
    code += b"\xfc\x0a\x00\x00" + down_to_nothing(0)
    return whole(code)


def down_to_nothing(turns: int) -> bytes:
    """The end of a loop that has so many turns left."""
    return get(turns) + b"\x41\x01\x6b\x22" + unsigned(turns) + b"\x0d\x00\x0b"


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


def fastest(schedules: Sequence[Sequence[float]]) -> list[float]:
    """In each round, the schedule that is the fastest by the median of all others."""
    found = []
    for number in range(len(schedules[0])):
        chosen = min(schedules, key=lambda one: median([*one[:number], *one[number + 1 :]]))
        found.append(chosen[number])
    return found


def told(what: str, by: str, amount: float, other_us: Sequence[float], family_us: Sequence[float]) -> str:
    """One line; the ratio is of samples of one round."""
    one = ratio(other_us, family_us)
    rates = " and ".join(f"{amount / median(times) / 1e3:.1f}" for times in (other_us, family_us))
    return (
        f"{what}: {rates} G/s {by} and by the family; family over it "
        f"{one.point:.3f} [{one.low:.3f}, {one.high:.3f}]"
    )


def ratio(other_us: Sequence[float], family_us: Sequence[float]) -> Interval:
    """How many times as much the family does."""
    logs = [math.log(other / family) for other, family in zip(other_us, family_us, strict=True)]
    return exponential(t_interval(logs))


def verdict(one: Interval) -> str:
    """Whether the family's peak is that of wasm by hand."""
    if one.low > 1 - BOUND and one.high < 1 + BOUND:
        return "within 5 %"
    return "BEYOND 5 %" if one.high < 1 - BOUND or one.low > 1 + BOUND else "within 5 % or not: unclear"


def cases() -> dict[tuple[str, str, int], list[KernelCase]]:
    """(What, by what, amount of a call) → all tiles or schedules that are timed for it."""
    shape = peak.Peak(element="f32")
    what, amount, tiles = "products of f32", shape.operations(WASM.lanes), peak.FAMILY.tiles(shape, WASM)
    found = {
        (what, HAND, amount): [
            case(products_by_hand(tile.rows, tile.vectors), "hand", SOURCE) for tile in tiles
        ],
        (what, FAMILY, amount): [
            ours(peak.peak(shape, tile, WASM), SOURCE, SOURCE, RESULT) for tile in tiles
        ],
    }
    for size in FOOTPRINTS:
        copied = streamed.Streamed(count=size // 8, written=True)
        what = f"copies, {size >> 10} KiB"
        found[what, HAND, size] = [case(copies_by_hand(size), "hand", SOURCE)]
        found[what, ENGINE, size] = [case(copies_by_the_engine(size), "hand", SOURCE)]
        found[what, FAMILY, size] = [
            ours(streamed.FAMILY.kernel(copied, tile, WASM), SOURCE, RESULT)
            for tile in streamed.FAMILY.tiles(copied, WASM)
        ]
    return found


def main() -> None:
    """One line for products and two for each footprint."""
    wanted = cases()
    task = KernelsTask(
        memory_bytes=MEMORY_BYTES,
        seed=1,
        data=(),
        cases=tuple(one for several in wanted.values() for one in several),
        warmup_ms=100.0,
        sample_ms=10.0,
        shown=(),
    )
    with Guard() as guard, running(assets.node(), assets.probes_web() / "engine.mjs", guard=guard) as engine:
        samples = iter(engine.ask(task, KernelsTimed, until=time.monotonic() + 300).samples_us)
    times = {key: fastest([next(samples) for _ in several]) for key, several in wanted.items()}
    for (what, by, amount), other_us in times.items():
        family_us = times[what, FAMILY, amount]
        if by == HAND:
            print(f"{told(what, by, amount, other_us, family_us)}: {verdict(ratio(other_us, family_us))}")
        elif by == ENGINE:
            print(f"{told(what, by, amount, other_us, family_us)} (no bound)")


if __name__ == "__main__":
    ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    main()
