from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gapprof.kernels.families.conv import SLACK_BYTES
from gapprof.yardstick.buffers import MOST_BYTES, calls, memory_for

SIZES = st.integers(min_value=4, max_value=1 << 22)
NEEDS = st.lists(st.lists(SIZES, min_size=2, max_size=4).map(tuple), min_size=1, max_size=5)


@given(NEEDS, st.integers(min_value=0, max_value=1 << 31))
def test_no_call_reads_or_writes_beyond_its_buffers(needs: list[tuple[int, ...]], footprint: int) -> None:
    memory = memory_for(needs, footprint)
    for need in needs:
        for call in calls(need, memory):
            ends = sorted((at, at + size) for at, size in zip(call, need, strict=True))
            assert ends[0][0] > 0
            assert ends[-1][1] + SLACK_BYTES <= memory.size_bytes
            assert all(a[1] + SLACK_BYTES <= b[0] for a, b in pairwise(ends))


@given(NEEDS)
def test_what_is_written_is_never_read(needs: list[tuple[int, ...]]) -> None:
    memory = memory_for(needs, 1 << 20)
    first_written = min(call[-1] for need in needs for call in calls(need, memory))
    for need in needs:
        for call in calls(need, memory):
            assert all(at + size <= first_written for at, size in zip(call[:-1], need, strict=False))


def test_a_large_model_takes_buffers_in_turn_and_a_small_one_stays_in_cache() -> None:
    need = (4096, 4096, 4096)
    large, small = (calls(need, memory_for([need], footprint)) for footprint in (8 << 20, 4096))
    assert len({call[0] for call in large}) == 64
    assert len(small) == 1


def test_memory_is_bounded_whatever_the_model_takes() -> None:
    assert memory_for([(4, 4)], 1 << 34).read_bytes == MOST_BYTES
