"""Every way to carry out a kernel on this machine: native code per instruction set, and wasm in Node."""

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gapprof.engine import Engine
from gapprof.kernels.arena import Arena
from gapprof.kernels.ir import Kernel
from gapprof.kernels.llvm.compile import compiled, host_targets
from gapprof.kernels.llvm.target import Target
from gapprof.kernels.machine import WASM, WASM_RELAXED, WASM_SCALAR, Machine
from gapprof.kernels.wasm.module import module
from gapprof.records.wire import Bytes, KernelCase, KernelsTask, KernelsTimed

Array = NDArray[np.float32]
WASM_MACHINES = {"wasm-scalar": WASM_SCALAR, "wasm": WASM, "wasm-relaxed": WASM_RELAXED}
NATIVE = {target.id: target for target in host_targets()}
LOWERINGS = (*NATIVE, *WASM_MACHINES)


@dataclass(frozen=True)
class Problem:
    """What a kernel is for one machine, what it gets, and how large its result is."""

    kernel: Kernel
    inputs: Sequence[Array]
    """In the order of its parameters; the last one is the result."""
    result_shape: tuple[int, ...]


Solve = Callable[[Callable[[Machine], Problem]], Array]


def solver(lowering: str, engine: Engine) -> Solve:
    """Carries out what is made for its machine."""
    if lowering in NATIVE:
        target = NATIVE[lowering]
        return lambda make: _native(make(Machine(target.lanes, target.fused)), target)
    return lambda make: _wasm(make(WASM_MACHINES[lowering]), engine)


def _native(problem: Problem, target: Target) -> Array:
    arena, addresses = _placed(problem)
    memory = np.zeros(arena.size_bytes // 4 + 16, np.float32)
    base = -(-memory.ctypes.data // 64) * 64
    shift = (base - memory.ctypes.data) // 4
    for array, at in zip(problem.inputs, addresses[:-1], strict=True):
        memory[shift + at // 4 :][: array.size] = array.ravel()
    code = compiled([problem.kernel], target)
    code.calls[0](*(base + at for at in addresses))
    size = int(np.prod(problem.result_shape))
    return memory[shift + addresses[-1] // 4 :][:size].reshape(problem.result_shape).copy()


def _wasm(problem: Problem, engine: Engine) -> Array:
    arena, addresses = _placed(problem)
    size = int(np.prod(problem.result_shape))
    result = addresses[-1]
    task = KernelsTask(
        memory_bytes=arena.size_bytes,
        seed=0,
        data=tuple(
            Bytes(offset=at, base64=_text(array))
            for array, at in zip(
                (*problem.inputs, np.zeros(size, np.float32)),
                addresses,
                strict=True,
            )
        ),
        cases=(
            KernelCase(
                module=base64.b64encode(module([problem.kernel])).decode(),
                export=problem.kernel.name,
                calls=(tuple(addresses),),
                samples=0,
            ),
        ),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=((result, size * 4),),
    )
    answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 30)
    shown = base64.b64decode(answer.shown[0].base64)
    return np.frombuffer(shown, np.float32).reshape(problem.result_shape)


def _placed(problem: Problem) -> tuple[Arena, list[int]]:
    arena = Arena()
    sizes = [array.size * 4 for array in problem.inputs]
    sizes.append(int(np.prod(problem.result_shape)) * 4)
    return arena, [arena.place(size) for size in sizes]


def _text(array: Array) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()
