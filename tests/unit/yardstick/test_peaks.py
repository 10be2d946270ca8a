"""Which loops are timed for the speed of light."""

from gapprof.kernels.families.peak import Peak
from gapprof.kernels.families.streamed import Streamed
from gapprof.kernels.family import Tile
from gapprof.records.model import NodeCensus
from gapprof.yardstick.buffers import Memory
from gapprof.yardstick.peaks import peaks
from gapprof.yardstick.shapes import shape_of
from gapprof.yardstick.wish import Wanted


def node(size_bytes: int) -> NodeCensus:
    return NodeCensus(name="n", op_type="Relu", domain="", flops=1, bytes=size_bytes, output_shapes=())


def test_products_are_measured_in_f32_and_in_bytes() -> None:
    found = {peak.measures: shape_of(peak.shape) for peak in peaks(Memory(1 << 20, 1 << 20), [node(1)])}
    assert found["f32"] == Peak(element="f32")
    assert found["int8"] == Peak(element="i16")


def test_copies_go_up_to_the_first_that_holds_the_largest_node() -> None:
    memory = Memory(8 << 20, 8 << 20)
    sizes = [peak.amount for peak in peaks(memory, [node(4), node(200_000)]) if peak.measures == "bytes"]
    assert sizes == [16 << 10, 64 << 10, 256 << 10]


def test_no_copy_leaves_the_memory_and_none_is_larger_than_it_says() -> None:
    memory = Memory(300_000, 20_000)
    found = [peak for peak in peaks(memory, [node(1 << 30)]) if peak.measures == "bytes"]
    assert [peak.amount for peak in found] == [16 << 10, 64 << 10, 256 << 10]
    for peak in found:
        shape = shape_of(peak.shape)
        assert isinstance(shape, Streamed)
        (call,) = Wanted(shape=peak.shape, tile=Tile(1, 1, 1, 1)).calls(memory)
        assert call[1] - call[0] >= shape.count * 4
        assert call[1] + shape.count * 4 <= memory.size_bytes
