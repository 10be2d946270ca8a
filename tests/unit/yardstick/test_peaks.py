"""Which loops are timed for the speed of light."""

import pytest

from gapprof.kernels.families.conv_int8_narrow import ConvInt8Narrow
from gapprof.kernels.families.peak import Peak
from gapprof.kernels.family import Tile
from gapprof.records.model import NodeCensus
from gapprof.yardstick.buffers import Need, memory_for
from gapprof.yardstick.peaks import peaks
from gapprof.yardstick.shapes import key_of, shape_of
from gapprof.yardstick.wish import Wanted, need_of


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
