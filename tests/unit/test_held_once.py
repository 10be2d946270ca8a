"""Nodes of large graphs, as they are kept in memory."""

import sys
import tracemalloc

import msgspec
import pytest
from msgspec.structs import replace

from gapprof.records.codec import encode_entry
from gapprof.records.held_once import held_once, times_held_once
from gapprof.records.model import NodeCensus
from gapprof.records.trial import NodeTime, Profile
from tests.unit.facts.profiled import profile

NODES = 2_000


@pytest.fixture
def text() -> bytes:
    """Times of a few microseconds each, in pairs of runs that are rarely the same."""
    nodes = tuple(
        NodeTime(
            name=f"a/node/of/a/chain/{at}",
            op_type="Add",
            provider="CPUExecutionProvider",
            samples_ms=tuple((1 + (at * run) % 97) / 1000 for run in range(1, 9)),
        )
        for at in range(NODES)
    )
    return encode_entry(replace(profile(), nodes=nodes))


def decoded(text: bytes) -> Profile:
    return msgspec.json.decode(text, type=Profile)


def test_what_is_written_is_what_was_read(text: bytes) -> None:
    assert encode_entry(decoded(text)) == text


def test_two_passes_over_one_graph_have_its_texts_and_its_times_in_common(text: bytes) -> None:
    first, second = decoded(text), decoded(text)
    for one, other in zip(first.nodes, second.nodes, strict=True):
        assert one.name is other.name
        assert one.provider is other.provider
        assert one.samples_ms is other.samples_ms


def test_rows_of_times_that_differ_have_equal_times_in_common() -> None:
    long, short = times_held_once((0.123, 0.456, 0.456)), times_held_once((0.456,))
    assert long[1] is long[2] is short[0]


def test_no_more_values_are_known_than_a_few_thousand() -> None:
    first = times_held_once((0.5, 1.5))
    for at in range(5_000):
        held_once(("another", at))
    assert times_held_once((0.5, 1.5)) is not first
    assert times_held_once((0.5, 1.5)) == first


def test_whole_numbers_among_times_stay_no_whole_numbers() -> None:
    """They are equal, and yet written in another way."""
    assert [type(time) for time in times_held_once((3, 4))] == [float, float]


def test_a_further_pass_takes_a_third_of_what_its_values_do(text: bytes) -> None:
    """Beside what the nodes themselves take."""
    kept = [decoded(text)]
    tracemalloc.start()
    try:
        kept.append(decoded(text))
        took = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    values = sum(
        sys.getsizeof(node.name) + sys.getsizeof(node.samples_ms) + sum(map(sys.getsizeof, node.samples_ms))
        for node in kept[0].nodes
    )
    assert took < values / 3


def test_shapes_that_many_nodes_make_are_one() -> None:
    rows = [
        NodeCensus(name=f"n{at}", op_type="Add", domain="", flops=1, bytes=4, output_shapes=((1, 8, at % 2),))
        for at in range(4)
    ]
    assert rows[0].output_shapes is rows[2].output_shapes
    assert rows[1].output_shapes is rows[3].output_shapes
    assert rows[0].output_shapes == ((1, 8, 0),)
