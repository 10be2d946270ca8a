from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gapprof.kernels.families.conv import SLACK_BYTES
from gapprof.yardstick.buffers import MOST_BYTES, Memory, Need, alone, calls, memory_for

SIZES = st.integers(min_value=4, max_value=1 << 22)


@st.composite
def needs(draw: st.DrawFn) -> Need:
    sizes = tuple(draw(st.lists(SIZES, min_size=2, max_size=4)))
    return Need(sizes=sizes, weights=tuple(sorted(draw(st.sets(st.integers(0, len(sizes) - 2))))))


NEEDS = st.lists(needs(), min_size=1, max_size=5)
FOOTPRINTS = st.integers(min_value=0, max_value=1 << 31)


def memory(needs: list[Need], footprint: int = 1 << 20, alive: int = 1 << 20) -> Memory:
    return memory_for(needs, footprint_bytes=footprint, alive_bytes=alive, alone=needs)


@given(NEEDS, FOOTPRINTS, FOOTPRINTS)
def test_no_call_reads_or_writes_beyond_its_buffers(needs: list[Need], footprint: int, alive: int) -> None:
    whole = memory(needs, footprint, alive)
    for need in needs:
        for call in (*calls(need, whole), alone(need, whole)):
            ends = sorted((at, at + size) for at, size in zip(call, need.sizes, strict=True))
            assert ends[0][0] > 0
            assert ends[-1][1] + SLACK_BYTES <= whole.size_bytes
            assert all(a[1] + SLACK_BYTES <= b[0] for a, b in pairwise(ends))


@given(NEEDS)
def test_what_is_written_is_never_read(needs: list[Need]) -> None:
    whole = memory(needs)
    first_written = min(call[-1] for need in needs for call in calls(need, whole))
    for need in needs:
        for call in calls(need, whole):
            assert all(at + size <= first_written for at, size in zip(call[:-1], need.sizes, strict=False))


def test_weights_are_as_cold_as_the_model_is_large_and_inputs_stay_warm() -> None:
    need = Need(sizes=(4096, 4096, 4096), weights=(1,))
    large, small = (calls(need, memory([need], footprint, 4096)) for footprint in (8 << 20, 4096))
    assert len({call[1] for call in large}) == len(large) == 64
    assert len({call[0] for call in large}) == len({call[-1] for call in large}) == 1
    assert len(small) == 1


def test_results_go_to_a_memory_as_large_as_what_is_alive() -> None:
    need = Need(sizes=(4096, 4096, 4096), weights=(1,))
    found = calls(need, memory([need], 4096, 10 * (4096 + SLACK_BYTES)))
    assert len({call[-1] for call in found}) == len(found) == 10
    assert len({call[:-1] for call in found}) == 1


def test_memory_is_bounded_whatever_the_model_takes() -> None:
    assert memory([Need(sizes=(4, 4))], 1 << 34).weights_bytes == MOST_BYTES


def test_nests_that_stay_on_their_buffers_have_room_of_their_own() -> None:
    large = Need(sizes=(1 << 20, 64))
    whole = memory_for([Need(sizes=(64, 64))], footprint_bytes=0, alive_bytes=0, alone=[large])
    assert alone(large, whole)[0] >= whole.first_result + whole.written_bytes
    assert alone(large, whole)[1] + 64 <= whole.size_bytes
