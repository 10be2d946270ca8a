"""Figures of a recording, and the run that is repeated."""

from collections.abc import Sequence

import msgspec
import pytest

from gapprof.errors import ModelUnusable
from gapprof.gpu import trace
from gapprof.gpu.steady import steady, summary
from gapprof.records.gpu_trace import (
    BeginComputePass,
    Call,
    CreateBuffer,
    CreateCommandEncoder,
    CreateComputePipeline,
    DestroyBuffer,
    DispatchWorkgroups,
    Mark,
    PipelineReady,
    ReadMapped,
    SetPipeline,
    WriteBuffer,
)
from tests.unit.gpu.written import BLOBS, INPUT, WEIGHTS, calls_of, file_of, header_of


def _traced(calls: Sequence[Call], **said: object) -> trace.Trace:
    return trace.parsed(file_of(header_of(calls, **said)))


def _in_run(number: int, *more: Call) -> list[Call]:
    """Three runs, with more calls at the end of one."""
    calls = list(calls_of(3))
    end = next(
        at
        for at, call in enumerate(calls)
        if isinstance(call, Mark) and (call.run, call.edge) == (number, "end")
    )
    return [*calls[:end], *more, *calls[end:]]


def test_calls_and_bytes_are_counted_run_by_run() -> None:
    found = summary(_traced(calls_of(3)))
    assert found.setup_uploaded_bytes == len(BLOBS[WEIGHTS])
    assert found.blobs_bytes == sum(map(len, BLOBS))
    assert (found.pipelines, found.shaders) == (1, 1)
    assert [run.run for run in found.runs] == [0, 1, 2]
    for run in found.runs:
        assert (run.dispatches, run.submits, run.pipelines) == (1, 1, 0)
        assert (run.uploaded_bytes, run.read_bytes) == (len(BLOBS[INPUT]), 4)
        assert run.calls["dispatchWorkgroups"] == 1
        assert "mark" not in run.calls


def test_pipelines_are_counted_where_they_are_made_and_named() -> None:
    anew = CreateComputePipeline(
        device=2, out=900, label="", layout=None, shader=5, entry="", constants={}, waits=True, at_ms=2.125
    )
    later = msgspec.structs.replace(anew, out=901, label="later", at_ms=2.25)
    ready = [PipelineReady(pipeline=900, at_ms=2.375), PipelineReady(pipeline=901, at_ms=2.4375)]
    found = summary(_traced(_in_run(2, anew, later, *ready)))
    assert (found.setup_pipelines, found.setup_shaders, found.setup_compile_ms) == (1, 1, 0.0)
    assert [run.pipelines for run in found.runs] == [0, 0, 2]
    assert found.runs[-1].labels == ("s", "later"), "one without a label has its shader's"
    assert found.runs[-1].compile_ms == pytest.approx(0.3125), "both at once are waited for once"
    assert found.runs[0].labels == ()


def test_a_read_back_stops_a_run_only_where_more_is_computed_after_it() -> None:
    assert [run.inner_reads for run in summary(_traced(calls_of(2))).runs] == [0, 0]
    more: list[Call] = [
        CreateCommandEncoder(device=2, out=950),
        BeginComputePass(encoder=950, out=951, timestamps=None),
        SetPipeline(on=951, pipeline=6),
        DispatchWorkgroups(on=951, count=(1, 1, 1)),
    ]
    found = summary(_traced(_in_run(1, *more)))
    assert [run.inner_reads for run in found.runs] == [0, 1, 0]


def test_the_last_run_is_what_is_repeated() -> None:
    calls = calls_of(3)
    found = steady(_traced(calls))
    assert calls[found.begin - 1] == Mark(run=2, edge="begin", at_ms=2.0)
    assert calls[found.end] == Mark(run=2, edge="end", at_ms=2.5)


def test_the_control_spoils_the_input_and_never_a_weight() -> None:
    assert steady(_traced(calls_of(3))).spoilt == (INPUT,)
    larger = WriteBuffer(queue=3, buffer=4, offset=0, blob=WEIGHTS)
    assert steady(_traced([*_in_run(1, larger)][:-14] + _in_run(2, larger)[-15:])).spoilt == (INPUT,)


def test_without_a_known_input_the_control_spoils_the_largest_write() -> None:
    assert steady(_traced(calls_of(2), inputs=())).spoilt == (INPUT,)


def test_one_run_is_no_steady_run() -> None:
    with pytest.raises(ModelUnusable, match="less than two runs"):
        steady(_traced(calls_of(1)))


def test_runs_that_differ_are_told_by_the_call() -> None:
    made = CreateBuffer(device=2, out=999, size=4, usage=1, mapped=False)
    with pytest.raises(ModelUnusable, match="0 calls of createBuffer in run 1, 1 in run 2"):
        steady(_traced(_in_run(2, made)))


def test_a_run_that_destroys_what_was_before_it_is_not_repeated() -> None:
    calls = _in_run(2, DestroyBuffer(buffer=7))
    end = next(at for at, call in enumerate(calls) if call == Mark(run=1, edge="end", at_ms=1.5))
    calls.insert(end, CreateBuffer(device=2, out=998, size=4, usage=1, mapped=False))
    calls.insert(end + 1, DestroyBuffer(buffer=998))
    last = calls.index(DestroyBuffer(buffer=7))
    calls.insert(last, CreateBuffer(device=2, out=999, size=4, usage=1, mapped=False))
    with pytest.raises(ModelUnusable, match=r"destroys what an earlier one made \(buffer 7\)"):
        steady(_traced(calls))


@pytest.mark.parametrize(
    ("kind", "said"),
    [(DispatchWorkgroups, "asked the GPU to compute anything"), (ReadMapped, "read anything back")],
)
def test_runs_that_prove_nothing_are_refused(kind: type[msgspec.Struct], said: str) -> None:
    calls = [call for call in calls_of(3) if not isinstance(call, kind)]
    with pytest.raises(ModelUnusable, match=said):
        steady(_traced(calls))
