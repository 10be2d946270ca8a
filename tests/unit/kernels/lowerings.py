"""Every way to carry out a kernel on this machine: native code per instruction set, and wasm in Node."""

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gapprof.engine import Engine
from gapprof.kernels.arena import Arena
from gapprof.kernels.ir import Kernel, repeated
from gapprof.kernels.llvm.compile import compiled, host_targets
from gapprof.kernels.llvm.target import Target
from gapprof.kernels.machine import WASM, WASM_RELAXED, WASM_SCALAR, Machine
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import Bytes, KernelCase, KernelsTask, KernelsTimed

Array = NDArray[Any]
WASM_MACHINES = {"wasm-scalar": WASM_SCALAR, "wasm": WASM, "wasm-relaxed": WASM_RELAXED}
NATIVE = {target.id: target for target in host_targets()}
ENCODED_OTHERWISE = "avx128"
"""It gets what is written for the one before it (test_families.py): LLVM alone tells them apart."""
LOWERINGS = tuple(
    pytest.param(name, marks=pytest.mark.long) if name == ENCODED_OTHERWISE else name
    for name in (*NATIVE, *WASM_MACHINES)
)
VECTOR_LOWERINGS = tuple(
    pytest.param(name, marks=pytest.mark.long) if name == ENCODED_OTHERWISE else name
    for name, machine in (*NATIVE.items(), *WASM_MACHINES.items())
    if machine.lanes > 1
)
"""Bytes are computed in vectors only."""


@dataclass(frozen=True)
class Problem:
    """What a kernel is for one machine, what it gets, and how large its result is."""

    kernel: Kernel
    inputs: Sequence[Array]
    """In the order of its parameters; the last one is the result."""
    result_shape: tuple[int, ...]
    result_type: type[np.generic] = np.float32

    @property
    def result_bytes(self) -> int:
        return int(np.prod(self.result_shape)) * np.dtype(self.result_type).itemsize

    def shaped(self, result: bytes) -> Array:
        return np.frombuffer(result, self.result_type).reshape(self.result_shape)


Solve = Callable[[Callable[[Machine], Problem]], Array]


def solver(lowering: str, engine: Engine) -> Solve:
    """Carries out what is made for its machine."""
    if lowering in NATIVE:
        target = NATIVE[lowering]
        return lambda make: natively(make(Machine(target.lanes, target.fused)), target)
    return lambda make: _wasm(make(WASM_MACHINES[lowering]), engine)


def natively(problem: Problem, target: Target) -> Array:
    """On this CPU, with the instructions of that target."""
    arena, addresses = _placed(problem)
    memory = np.zeros(arena.size_bytes + 64, np.uint8)
    shift = -memory.ctypes.data % 64
    for array, at in zip(problem.inputs, addresses[:-1], strict=True):
        memory[shift + at :][: array.nbytes] = np.frombuffer(np.ascontiguousarray(array).tobytes(), np.uint8)
    code = compiled([problem.kernel], target)
    code.calls[0](*(memory.ctypes.data + shift + at for at in addresses))
    return problem.shaped(memory[shift + addresses[-1] :][: problem.result_bytes].tobytes())


def _wasm(problem: Problem, engine: Engine) -> Array:
    arena, addresses = _placed(problem)
    placed = (*(_text(array) for array in problem.inputs), _encoded(bytes(problem.result_bytes)))
    task = KernelsTask(
        memory_bytes=arena.size_bytes,
        seed=0,
        data=tuple(Bytes(offset=at, base64=text) for text, at in zip(placed, addresses, strict=True)),
        cases=(
            KernelCase(
                module=_encoded(module([problem.kernel])),
                export=repeated(problem.kernel.name),
                calls=(tuple(addresses),),
                samples=0,
            ),
        ),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=((addresses[-1], problem.result_bytes),),
    )
    answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 300)
    return problem.shaped(base64.b64decode(answer.shown[0].base64))


def _placed(problem: Problem) -> tuple[Arena, list[int]]:
    arena = Arena()
    sizes = [array.nbytes for array in problem.inputs]
    sizes.append(problem.result_bytes)
    return arena, [arena.place(size) for size in sizes]


def _text(array: Array) -> str:
    return _encoded(np.ascontiguousarray(array).tobytes())


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
