"""Which loops are timed for the speed of light, and what they are held against."""

import base64
import time

import numpy as np
import pytest
from msgspec.structs import replace

from gapprof.engine import Engine
from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.peak import FAMILY, Peak
from gapprof.kernels.family import Tile
from gapprof.kernels.machine import WASM
from gapprof.records.model import NodeCensus
from gapprof.records.wire.kernels import KernelsTask, KernelsTimed
from gapprof.stats.interval import Interval
from gapprof.yardstick.buffers import Need, memory_for
from gapprof.yardstick.peaks import peaks
from gapprof.yardstick.shapes import key_of, shape_of
from gapprof.yardstick.wish import Wanted, need_of
from tests.scripts import script

HAND = script("benchmarks/peaks.py")


def node(size_bytes: int) -> NodeCensus:
    return NodeCensus(name="n", op_type="Relu", domain="", flops=1, bytes=size_bytes, output_shapes=())


def test_products_are_measured_in_f32_and_in_bytes() -> None:
    found = {peak.measures: shape_of(peak.shape) for peak in peaks([node(1)], [])}
    assert found["f32"] == Peak(element="f32")
    assert found["int8"] == Peak(element="i16")


def test_fours_of_bytes_are_measured_where_a_loop_nest_may_take_them() -> None:
    shape = ConvInt8Narrow(channels=4, filters=1, height=1, width=8, kernel=(1, 1), narrow="filters")
    found = [shape_of(peak.shape) for peak in peaks([node(1)], [key_of(shape)]) if peak.measures == "int8"]
    assert found == [Peak(element="i16"), Peak(element="i7")]


@pytest.mark.parametrize(
    ("largest", "footprints"),
    [(1, [16]), (16 << 10, [16]), (200_000, [16, 64]), (1 << 30, [16, 64, 256, 1024, 4096, 16384])],
)
def test_memory_is_streamed_up_to_what_the_largest_node_does_not_fit(
    largest: int, footprints: list[int]
) -> None:
    sizes = [peak.amount for peak in peaks([node(4), node(largest)], []) if peak.measures == "bytes"]
    assert sizes == [size << 10 for size in footprints for _ in ("read", "copied")]


@pytest.mark.parametrize("largest", [1, 300_000])
def test_all_of_them_stay_in_stretches_of_their_own(largest: int) -> None:
    """However small the model's own memory is."""
    found = peaks([node(largest)], [])
    needs = [need_of(peak.shape) for peak in found]
    memory = memory_for([Need(sizes=(64, 64))], footprint_bytes=1000, alive_bytes=64, alone=needs)
    for peak, need in zip(found, needs, strict=True):
        (call,) = Wanted(shape=peak.shape, tile=Tile(1, 1, 1, 1)).calls(memory)
        assert call[0] >= memory.first_result + memory.written_bytes
        ends = [at + size for at, size in zip(call, need.sizes, strict=True)]
        assert all(end <= start for end, start in zip(ends, call[1:], strict=False))
        assert ends[-1] <= memory.size_bytes


@pytest.mark.parametrize("by", ["hand", "engine"])
def test_a_copy_by_hand_copies_half_of_its_footprint_and_no_more(engine: Engine, by: str) -> None:
    size = 16 << 10
    code = {"hand": HAND.copies_by_hand, "engine": HAND.copies_by_the_engine}[by](size)
    task = KernelsTask(
        memory_bytes=HAND.MEMORY_BYTES,
        seed=1,
        data=(),
        cases=(replace(HAND.case(code, "hand", HAND.SOURCE), samples=0),),
        warmup_ms=0.0,
        sample_ms=1.0,
        shown=((HAND.SOURCE, size), (HAND.RESULT, size)),
    )
    shown = engine.ask(task, KernelsTimed, until=time.monotonic() + 60).shown
    source, result = (np.frombuffer(base64.b64decode(one.base64), np.uint8) for one in shown)
    assert (source[: size // 2] == result[: size // 2]).all()
    assert (source[size // 2 :] != result[size // 2 :]).any()


@pytest.mark.parametrize("tile", FAMILY.tiles(Peak(element="f32"), WASM), ids=str)
def test_products_by_hand_are_those_of_the_family(engine: Engine, tile: Tile) -> None:
    """The same sums, so as many products."""
    by_hand = HAND.case(HAND.products_by_hand(tile.rows, tile.vectors), "hand", HAND.SOURCE)
    family = HAND.ours(FAMILY.kernel(Peak(element="f32"), tile, WASM), HAND.SOURCE, HAND.SOURCE, HAND.RESULT)
    size = tile.rows * tile.vectors * HAND.VECTOR_BYTES
    results = []
    for one in (by_hand, family):
        task = KernelsTask(
            memory_bytes=HAND.MEMORY_BYTES,
            seed=1,
            data=(),
            cases=(replace(one, samples=0),),
            warmup_ms=0.0,
            sample_ms=1.0,
            shown=((HAND.RESULT, size),),
        )
        (shown,) = engine.ask(task, KernelsTimed, until=time.monotonic() + 60).shown
        results.append(np.frombuffer(base64.b64decode(shown.base64), np.float32))
    assert results[0].any()
    assert results[0] == pytest.approx(results[1], rel=1e-5)


def test_a_peak_is_the_schedule_that_the_other_rounds_found_the_fastest() -> None:
    """Not the lucky one of each."""
    steady, lucky_once = [2.0, 2.0, 2.0], [1.0, 3.0, 3.0]
    assert HAND.fastest([steady, lucky_once]) == [2.0, 2.0, 2.0]
    assert HAND.fastest([steady, [1.0, 1.0, 1.0]]) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.96, 1.04, "within 5 %"),
        (0.8, 0.9, "BEYOND 5 %"),
        (1.06, 1.2, "BEYOND 5 %"),
        (0.9, 1.0, "within 5 % or not: unclear"),
    ],
)
def test_a_peak_that_is_not_that_of_wasm_by_hand_is_said(low: float, high: float, verdict: str) -> None:
    assert HAND.verdict(Interval(point=(low + high) / 2, low=low, high=high, level=0.95, rounds=9)) == verdict
