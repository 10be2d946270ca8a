"""Functions as they are in the field: kernels of ours, and the vector code of onnxruntime-web."""

import base64
import math
import time
from typing import Any

import numpy as np
import pytest

from gapprof import assets
from gapprof.engine import Engine
from gapprof.kernels.arena import Arena
from gapprof.kernels.ir import repeated
from gapprof.kernels.llvm.compile import machine_code
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import Bytes, KernelCase, KernelsTask, KernelsTimed
from gapprof.transplant.native_text import transplant
from gapprof.wasm.module import local_types, parsed
from tests.unit.kernels.test_families import FAMILIES, SHAPES
from tests.unit.transplant.assembly import FUSED, PAGE, TARGET, Native

V128 = 0x7B
EVERY = 40


@pytest.mark.parametrize("machine", [WASM, WASM_RELAXED], ids=["mul-add", "relaxed"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_a_kernel_of_ours_leaves_natively_what_it_leaves_in_v8(
    shape: Any, machine: Machine, engine: Engine
) -> None:
    if machine.fused and FUSED is None:
        pytest.skip("this CPU has no fused multiply-add")
    family = FAMILIES[str(type(shape).__struct_config__.tag)]
    kernel = family.kernel(shape, family.tiles(shape, machine)[0], machine)
    arena = Arena()
    addresses = tuple(arena.place(size) for size in family.buffers(shape))
    size = math.ceil(arena.size_bytes / PAGE) * PAGE
    image = np.random.default_rng(7).uniform(-1, 1, size // 4).astype(np.float32).tobytes()
    wasm = module([kernel])
    task = KernelsTask(
        memory_bytes=size,
        seed=0,
        data=(Bytes(offset=0, base64=base64.b64encode(image).decode()),),
        cases=(
            KernelCase(
                module=base64.b64encode(wasm).decode(),
                export=repeated(kernel.name),
                calls=(addresses,),
                samples=0,
            ),
        ),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=((0, arena.size_bytes),),
    )
    answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 300)
    native = Native(wasm, 0, fused=machine.fused)
    assert not native.text.ends
    found = native.run(image, [addresses])[: arena.size_bytes]
    assert found == base64.b64decode(answer.shown[0].base64)


def test_vector_code_of_onnxruntime_web_is_sound_for_llvm() -> None:
    """No function of it is refused; only calls through the table and out of the module may end one."""
    served = parsed((assets.web_dist() / "ort-wasm-simd-threaded.wasm").read_bytes())
    own = range(served.imported_functions, served.imported_functions + len(served.bodies))
    vector = [one for one in own if any(kind == V128 for _, kind in local_types(served.body_of(one))[0])]
    assert len(vector) > 1000
    refused: dict[int, str] = {}
    ends: set[str] = set()
    for function in vector[::EVERY]:
        try:
            found = transplant(served, function, machine="x86_64", attributes=TARGET.attributes, most=1)
        except ValueError as error:
            refused[function] = str(error)
            continue
        machine_code(found.text, TARGET)
        ends |= {end.split()[0] for end in found.ends}
    assert ends <= {"call", "call_indirect"}
    assert all("takes nothing" in why for why in refused.values())
