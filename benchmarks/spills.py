"""A planted loss of the engine: a matrix product with a tile that fits V8's registers and two that spill.

python benchmarks/spills.py [ROUNDS]

The same loop nest as wasm (Node's V8) and as native 128-bit code, in turn. LLVM escapes a tile that wants
sixteen registers by folding loads, V8 spills, so the engine's share shows in the spilling tiles alone:
what it is there over what it is where the tile fits is `runtime`'s child "register-pressure".
"""

import base64
import math
import platform
import sys
import time

import numpy as np

from gapprof import assets
from gapprof.engine import Engine, running
from gapprof.facts.twins import AVX
from gapprof.guard import Guard
from gapprof.kernels.families.gemm import Gemm, gemm
from gapprof.kernels.family import Tile
from gapprof.kernels.ir import repeated
from gapprof.kernels.llvm.compile import compiled, host_targets
from gapprof.kernels.llvm.target import known_machine
from gapprof.kernels.machine import WASM
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed
from gapprof.stats.interval import exponential, t_interval
from gapprof.transplant.native_text import transplant
from gapprof.transplant.pressure import vectors_at_once
from gapprof.wasm.module import parsed

ROUNDS = 5
SHAPE = Gemm(rows=120, depth=256, columns=256, packed=False)
TILES = {
    "fits (5x2)": Tile(5, 2, 2, 256),
    "spills (6x2)": Tile(6, 2, 2, 256),
    "spills (4x3)": Tile(4, 3, 2, 256),
}
PLACES = (1 << 16, 1 << 20, 2 << 20)
"""Of A, B and C."""
MEMORY_BYTES = 4 << 20
CALLS = 40


def as_wasm_us(engine: Engine, tile: Tile) -> float:
    """The median of a call."""
    kernel = gemm(SHAPE, tile, WASM)
    case = KernelCase(
        module=base64.b64encode(module([kernel])).decode(),
        export=repeated(kernel.name),
        calls=(PLACES,),
        samples=5,
    )
    task = KernelsTask(
        memory_bytes=MEMORY_BYTES, seed=1, data=(), cases=(case,), warmup_ms=60.0, sample_ms=10.0, shown=()
    )
    (samples,) = engine.ask(task, KernelsTimed, until=time.monotonic() + 120).samples_us
    return float(np.median(samples))


def natively_us(tile: Tile) -> float:
    """The same, as AVX-encoded code of 128 bits."""
    target = next(one for one in host_targets() if one.id in (AVX, "neon-mul-add"))
    code = compiled([gemm(SHAPE, tile, WASM)], target)
    memory = np.resize(np.random.default_rng(1).uniform(-1, 1, 4099).astype(np.float32), MEMORY_BYTES // 4)
    table = np.array([PLACES], np.int64) + memory.ctypes.data
    took = []
    for _ in range(6):
        began = time.perf_counter()
        code.repeats[0](CALLS, table.ctypes.data, 1)
        took.append((time.perf_counter() - began) * 1e6 / CALLS)
    return float(np.median(took[1:]))


def main(rounds: int) -> None:
    """One line per tile: the engine's factor, and the speed of the wasm."""
    logs: dict[str, list[float]] = {name: [] for name in TILES}
    flops = 2 * SHAPE.rows * SHAPE.depth * SHAPE.columns
    speeds: dict[str, list[float]] = {name: [] for name in TILES}
    with Guard() as guard, running(assets.node(), assets.probes_web() / "engine.mjs", guard=guard) as engine:
        for number in range(rounds):
            for name in np.random.default_rng(number).permutation(list(TILES)):
                wasm_us, native_us = as_wasm_us(engine, TILES[name]), natively_us(TILES[name])
                logs[name].append(math.log(wasm_us / native_us))
                speeds[name].append(flops / wasm_us / 1e3)
    fits, *_ = logs
    for name, values in logs.items():
        print(
            f"{name}: {alive(TILES[name])} vectors at once; wasm takes {shown(values)} of native code, "
            f"{np.median(speeds[name]):.1f} Gflop/s"
        )
        if name != fits:
            lost = [one - other for one, other in zip(values, logs[fits], strict=True)]
            print(f"  register pressure, by the same rounds: {shown(lost)}")


def shown(logarithms: list[float]) -> str:
    """A factor with its interval over rounds."""
    one = exponential(t_interval(logarithms))
    return f"{one.point:.2f}x [{one.low:.2f}, {one.high:.2f}]"


def alive(tile: Tile) -> int:
    """What the transplant would count in the wasm of such a tile."""
    wasm = parsed(module([gemm(SHAPE, tile, WASM)]))
    machine = known_machine(platform.machine())
    text = transplant(wasm, wasm.imported_functions, machine=machine, attributes={}).text
    return vectors_at_once(text, wasm.imported_functions)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
