"""What the loop nests of every target are written for, in the browser and natively. Pure data."""

from gapprof.kernels.llvm.target import TARGETS
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine

MACHINES: dict[str, Machine] = {"wasm": WASM, "wasm-relaxed": WASM_RELAXED}
"""Of the browser: multiply and add, or one relaxed instruction for both."""
NATIVE_MACHINES: dict[str, Machine] = {one.id: Machine(one.lanes, one.fused) for one in TARGETS}


def machine_of(target: str) -> Machine:
    """KeyError for what is no target."""
    return MACHINES[target] if target in MACHINES else NATIVE_MACHINES[target]
