"""What an adapter does not take, or what finds no room beside the others, has no shader and says why."""

from msgspec.structs import replace

from gapprof.gpu_kernels.family import Limits
from gapprof.gpu_kernels.room import with_room
from gapprof.gpu_kernels.shapes import family_of, key_of
from gapprof.kernels.families.mapped import Mapped
from gapprof.records.gpu_kernels import GpuKernelNode

SMALL, LARGE = Mapped(count=1000, function="relu"), Mapped(count=100_000, function="relu")
NODES = tuple(
    GpuKernelNode(name=name, op_type="Relu", parts=(key_of(shape),))
    for name, shape in (("one", SMALL), ("two", LARGE), ("three", SMALL))
)
NONE = GpuKernelNode(name="none", op_type="Gather", parts=(), why="nothing")


def test_all_of_it_stays_where_there_is_room() -> None:
    assert with_room((*NODES, NONE), Limits()) == (*NODES, NONE)


def test_a_buffer_that_an_adapter_does_not_bind_takes_its_nodes_along() -> None:
    one, two, three = with_room(NODES, replace(Limits(), binding_bytes=4000))
    assert (one, three) == (NODES[0], NODES[2])
    assert two.parts == ()
    assert "larger than this adapter's limits" in two.why


def test_what_comes_when_all_room_is_taken_says_so_and_what_is_there_already_takes_none() -> None:
    room = sum(family_of(SMALL).buffers(SMALL))
    one, two, three = with_room(NODES, Limits(), most_bytes=room)
    assert (one, three) == (NODES[0], NODES[2])
    assert "would take more than" in two.why
