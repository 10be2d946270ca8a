"""Profiles of large graphs, as they are kept in memory."""

import tracemalloc

import msgspec
import pytest
from msgspec.structs import replace

from gapprof.records.codec import decode_recording, encode_entry
from gapprof.records.held_once import holding_once
from gapprof.records.trial import NodeTime, Profile
from tests.truth.recorder import begin
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


def test_nothing_changes_but_how_often_it_is_held(text: bytes) -> None:
    assert holding_once(decoded(text)) == decoded(text)


def test_two_passes_over_one_graph_have_its_texts_in_common(text: bytes) -> None:
    first, second = (holding_once(decoded(text)) for _ in range(2))
    for one, other in zip(first.nodes, second.nodes, strict=True):
        assert one.name is other.name
        assert one.provider is other.provider


def test_a_further_pass_takes_less_than_half_of_the_memory(text: bytes) -> None:
    kept = [holding_once(decoded(text))]
    tracemalloc.start()
    try:
        plain = decoded(text)
        alone = tracemalloc.get_traced_memory()[0]
        kept.append(holding_once(plain))
        both = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0 < both - alone < 0.5 * alone


def test_a_recording_is_read_so(text: bytes) -> None:
    recording = decode_recording([encode_entry(begin()), text, text], source="two passes")
    first, second = recording.of(Profile)
    assert first == second == decoded(text)
    assert all(a.name is b.name for a, b in zip(first.nodes, second.nodes, strict=True))
