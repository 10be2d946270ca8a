"""Every family, whatever it computes: what it says of itself is true, and its best schedules all agree."""

import base64
import time
from typing import Any

import numpy as np
import pytest

import gapprof.kernels.families
from gapprof import registry
from gapprof.engine import Engine
from gapprof.kernels.arena import Arena
from gapprof.kernels.families.added_int8 import AddedInt8
from gapprof.kernels.families.affine import Affine
from gapprof.kernels.families.average_pool import AveragePool
from gapprof.kernels.families.combined import Combined
from gapprof.kernels.families.conv import Conv
from gapprof.kernels.families.conv_int8 import ConvInt8
from gapprof.kernels.families.conv_int8_grouped import ConvInt8Grouped
from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.conv_transposed import ConvTransposed
from gapprof.kernels.families.converted import Converted
from gapprof.kernels.families.crossed import Crossed
from gapprof.kernels.families.depthwise import Depthwise
from gapprof.kernels.families.depthwise_int8 import DepthwiseInt8
from gapprof.kernels.families.gates import Gates
from gapprof.kernels.families.gemm import Gemm
from gapprof.kernels.families.layer_norm import LayerNorm
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.families.max_pool import MaxPool
from gapprof.kernels.families.mean import Mean
from gapprof.kernels.families.moved import Moved
from gapprof.kernels.families.nibbles import Nibbles
from gapprof.kernels.families.padded import Padded
from gapprof.kernels.families.paired import Paired
from gapprof.kernels.families.peak import Peak
from gapprof.kernels.families.product_int8 import ProductInt8
from gapprof.kernels.families.resized import Resized
from gapprof.kernels.families.rotated import Rotated
from gapprof.kernels.families.selected import Selected
from gapprof.kernels.families.skip_norm import SkipNorm
from gapprof.kernels.families.softmax import Softmax
from gapprof.kernels.families.streamed import Streamed
from gapprof.kernels.families.transposed import Transposed
from gapprof.kernels.families.unpacked import Unpacked
from gapprof.kernels.families.widened import Widened
from gapprof.kernels.family import Family
from gapprof.kernels.ir import repeated
from gapprof.kernels.llvm.compile import text_of
from gapprof.kernels.llvm.target import TARGETS
from gapprof.kernels.machine import WASM, WASM_RELAXED, Machine
from gapprof.kernels.spread import Operand
from gapprof.kernels.wasm.module import module
from gapprof.records.wire.kernels import KernelCase, KernelsTask, KernelsTimed

FAMILIES: dict[str, Family] = dict(registry.load(gapprof.kernels.families, "FAMILY"))
SHAPES: list[Any] = [
    Gemm(rows=13, depth=600, columns=50, packed=False, bias="column"),
    Gemm(rows=1, depth=64, columns=3, packed=False),
    Conv(channels=8, filters=17, height=12, width=15, kernel=(3, 3), bias=True),
    Depthwise(channels=4, filters=4, groups=4, height=9, width=14, kernel=(3, 3)),
    Padded(planes=3, height=4, width=9, pads=(1, 1, 1, 1)),
    Mapped(count=77, function="tanh"),
    Combined(rows=3, columns=21, op="mul", right="row", activation="gelu"),
    Softmax(rows=3, columns=70),
    LayerNorm(rows=3, columns=70),
    Transposed(batch=2, rows=9, columns=6),
    Mean(rows=5, columns=70),
    MaxPool(planes=2, height=9, width=14, kernel=(3, 3), stride=(2, 2)),
    ConvInt8(channels=5, filters=17, height=12, width=15, kernel=(3, 3)),
    Paired(channels=5, height=4, width=19, pads=(1, 1, 1, 1)),
    AddedInt8(count=1024),
    AveragePool(planes=2, height=9, width=14, kernel=(3, 3), stride=(2, 2)),
    Peak(element="i16"),
    Peak(element="i7"),
    ConvInt8Narrow(channels=8, filters=17, height=12, width=15, kernel=(3, 3), narrow="filters"),
    Streamed(count=1003, written=True),
    Streamed(count=1024, written=False),
    Moved(sizes=(3,), run=21, source_steps=(21,), result_steps=(21,), source_count=63, result_count=63),
    ConvTransposed(
        channels=3, filters=9, height=6, width=13, kernel=(4, 4), stride=(2, 2), crop=(3, 3), out=(8, 22)
    ),
    ConvInt8Grouped(channels=6, filters=18, height=12, width=15, kernel=(3, 3), groups=2),
    DepthwiseInt8(channels=3, filters=3, height=12, width=39, kernel=(3, 3)),
    Nibbles(rows=3, depth=70, columns=37, block=32),
    Gates(rows=3, hidden=21, cell="lstm"),
    Rotated(positions=3, heads=2, width=22, step=50),
    Unpacked(depth=70, columns=37, block=32),
    SkipNorm(rows=3, columns=70, skip=True, keeps_sum=True),
    Crossed(
        sizes=(4, 3),
        run=21,
        left=Operand(count=84, steps=(21, 0), along=True),
        right=Operand(count=3, steps=(0, 1), along=False),
        op="add",
    ),
    ProductInt8(rows=5, depth=36, columns=37, narrow=True),
    Widened(count=360),
    Converted(count=360, to="bytes"),
    Affine(batch=2, channels=3, pixels=21),
    Selected(
        sizes=(3,),
        run=21,
        condition=Operand(count=21, steps=(0,), along=True),
        chosen=Operand(count=63, steps=(21,), along=True),
        other=Operand(count=1, steps=(0,), along=False),
    ),
    Resized(planes=2, height=3, width=9, factors=(2, 2), mode="centred"),
]
_OF_BYTES = (ConvInt8, DepthwiseInt8, Paired, AddedInt8, Converted, Widened)
_BY_SCHEDULE = (Peak, Streamed, ConvInt8Narrow, Nibbles, ProductInt8, Unpacked)
"""Whose results depend on it: nobody reads them, or they want their operands in another order."""


def _family(shape: Any) -> Family:
    return FAMILIES[type(shape).__struct_config__.tag]


def test_each_family_is_tried_here() -> None:
    assert {type(shape) for shape in SHAPES} == {family.kind for family in FAMILIES.values()}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_family_has_about_ten_schedules_and_a_buffer_for_each_parameter(shape: Any) -> None:
    family = _family(shape)
    tiles = family.tiles(shape, WASM_RELAXED)
    assert 1 <= len(tiles) <= 10
    assert len(set(tiles)) == len(tiles)
    for tile in tiles:
        assert family.kernel(shape, tile, WASM_RELAXED).parameters == len(family.buffers(shape))
    assert family.words(shape)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_is_written_for_avx_at_128_bits_is_what_is_written_for_sse(shape: Any) -> None:
    sse41, avx128 = (next(one for one in TARGETS if one.id == name) for name in ("sse41", "avx128"))
    machine, family = Machine(sse41.lanes, sse41.fused), _family(shape)
    assert machine == Machine(avx128.lanes, avx128.fused)
    kernels = [family.kernel(shape, tile, machine) for tile in family.tiles(shape, WASM)]
    text = text_of(kernels, avx128)
    assert text.replace(avx128.feature_text, sse41.feature_text) == text_of(kernels, sse41)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_all_schedules_give_the_same(shape: Any, engine: Engine) -> None:
    family, arena = _family(shape), Arena()
    kernels = [family.kernel(shape, tile, WASM_RELAXED) for tile in family.tiles(shape, WASM_RELAXED)]
    *inputs, size = family.buffers(shape)
    read = [arena.place(one) for one in inputs]
    written = [arena.place(size) for _ in kernels]
    task = KernelsTask(
        memory_bytes=arena.size_bytes,
        seed=1,
        data=(),
        cases=tuple(
            KernelCase(
                module=base64.b64encode(module([kernel])).decode(),
                export=repeated(kernel.name),
                calls=((*read, result),),
                samples=0,
            )
            for kernel, result in zip(kernels, written, strict=True)
        ),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=tuple((result, size) for result in written),
    )
    empty = engine.ask(_without_cases(task), KernelsTimed, until=time.monotonic() + 300)
    answer = engine.ask(task, KernelsTimed, until=time.monotonic() + 300)
    first, *others = (base64.b64decode(one.base64) for one in answer.shown)
    assert first != base64.b64decode(empty.shown[0].base64)
    for other in others if not isinstance(shape, _BY_SCHEDULE) else ():
        if isinstance(shape, _OF_BYTES):
            assert other == first
        else:
            result, wanted = np.frombuffer(other, np.float32), np.frombuffer(first, np.float32)
            np.testing.assert_allclose(result, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_same_shape_makes_the_same_bytes(shape: Any) -> None:
    family = _family(shape)
    tile = family.tiles(shape, WASM_RELAXED)[0]
    once, again = (module([family.kernel(shape, tile, WASM_RELAXED)]) for _ in range(2))
    assert once == again


def _without_cases(task: KernelsTask) -> KernelsTask:
    return KernelsTask(
        memory_bytes=task.memory_bytes,
        seed=task.seed,
        data=(),
        cases=(),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=task.shown,
    )
