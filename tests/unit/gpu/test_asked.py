"""What a run's dispatches bind, and by which submit they go."""

from collections.abc import Iterator, Sequence

import pytest
from msgspec.structs import replace

from gapprof.errors import ModelUnusable
from gapprof.gpu import trace
from gapprof.gpu.asked import asked
from gapprof.records.dispatches import AskedDispatch
from gapprof.records.gpu_trace import (
    BindEntry,
    Call,
    CreateBindGroup,
    CreateBuffer,
    CreateCommandEncoder,
    CreateComputePipeline,
    DispatchWorkgroups,
    Finish,
    GetBindGroupLayout,
    Mark,
    SetBindGroup,
    SetPipeline,
    Submit,
)
from tests.unit.gpu.written import calls_of, file_of, header_of

STORAGE, UNIFORM, GROUP = 4, 800, 802
"""Numbers: the written recording's own buffer of 64 bytes, and what is made beside it."""
_MADE: tuple[Call, ...] = (
    CreateBuffer(device=2, out=UNIFORM, size=16, usage=0x48, mapped=False),
    GetBindGroupLayout(pipeline=6, index=0, out=801),
    CreateBindGroup(
        device=2,
        out=GROUP,
        layout=801,
        entries=(
            BindEntry(binding=0, buffer=STORAGE, offset=0, size=16),
            BindEntry(binding=1, buffer=STORAGE, offset=0, size=16),
            BindEntry(binding=2, buffer=STORAGE, offset=32, size=None),
            BindEntry(binding=3, buffer=UNIFORM, offset=0, size=None),
        ),
    ),
)


def traced(calls: Sequence[Call]) -> trace.Trace:
    return trace.parsed(file_of(header_of(calls)))


def bound(calls: Sequence[Call]) -> Iterator[Call]:
    """Every run with that group."""
    for call in calls:
        if call == Mark(run=0, edge="begin", at_ms=0.0):
            yield from _MADE
        yield call
        if isinstance(call, SetPipeline):
            yield SetBindGroup(on=call.on, index=0, group=GROUP, offsets=())


def test_a_stretch_that_is_bound_twice_counts_once_and_a_uniform_does_not() -> None:
    found = asked(traced(list(bound(calls_of(3)))))
    assert found.dispatches == (
        AskedDispatch(program="p", workgroups=(1, 1, 1), bound_bytes=16 + 32, submit=0),
    )
    assert found.submits == 1


def test_without_a_group_nothing_is_bound() -> None:
    (dispatch,) = asked(traced(calls_of(2))).dispatches
    assert dispatch.bound_bytes == 0


def test_what_is_taken_away_is_not_bound() -> None:
    calls = list(bound(calls_of(2)))
    for at in reversed([at for at, call in enumerate(calls) if isinstance(call, DispatchWorkgroups)]):
        dispatch = calls[at]
        assert isinstance(dispatch, DispatchWorkgroups)
        calls.insert(at, SetBindGroup(on=dispatch.on, index=0, group=None, offsets=()))
    (found,) = asked(traced(calls)).dispatches
    assert found.bound_bytes == 0


def test_submits_are_counted_run_by_run() -> None:
    """One more submit before the dispatch's own in every run."""
    calls: list[Call] = []
    for call in calls_of(2):
        if isinstance(call, Submit):
            encoder, commands = 900 + len(calls), 2000 + len(calls)
            calls += [
                CreateCommandEncoder(device=2, out=encoder),
                Finish(encoder=encoder, out=commands),
                Submit(queue=3, commands=(commands,), at_ms=1.0),
            ]
        calls.append(call)
    found = asked(traced(calls))
    assert found.submits == 2
    assert [one.submit for one in found.dispatches] == [1]


def test_a_pipeline_without_a_name_has_its_shader_s() -> None:
    calls = [
        replace(call, label="") if isinstance(call, CreateComputePipeline) else call for call in calls_of(2)
    ]
    assert [one.program for one in asked(traced(calls)).dispatches] == ["s"]


def test_a_recording_without_a_steady_run_has_none() -> None:
    with pytest.raises(ModelUnusable, match="less than two runs"):
        asked(traced(calls_of(1)))
