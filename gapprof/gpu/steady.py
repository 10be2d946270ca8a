"""A recording in figures, and the run of it that can be repeated."""

from collections import Counter
from collections.abc import Iterator, Sequence

from gapprof.errors import ModelUnusable
from gapprof.gpu.objects import touched
from gapprof.gpu.trace import Trace, name_of
from gapprof.records.gpu import RunCounts, TraceSummary
from gapprof.records.gpu_trace import (
    Call,
    CreateComputePipeline,
    CreateShaderModule,
    DestroyBuffer,
    DestroyDevice,
    DestroyQuerySet,
    DispatchWorkgroups,
    DispatchWorkgroupsIndirect,
    MapAsync,
    Mapped,
    Mark,
    PipelineReady,
    ReadMapped,
    Submit,
    Unmap,
    WriteBuffer,
)
from gapprof.records.gpu_wire import GpuSegment

_DISPATCHES = (DispatchWorkgroups, DispatchWorkgroupsIndirect)
_RECORD_MORE = "Record more runs of the model; the first ones compile, and allocate what later ones use."


def summary(trace: Trace) -> TraceSummary:
    """Counts and bytes, run by run."""
    calls = trace.header.calls
    stretches = list(_stretches(calls))
    setup = calls[: stretches[0][0] if stretches else len(calls)]
    return TraceSummary(
        size_bytes=trace.size_bytes,
        sha256=trace.sha256,
        blobs_bytes=sum(len(blob) for blob in trace.blobs),
        calls=len(calls),
        pipelines=len(_pipelines(calls)),
        shaders=len(_shaders(calls)),
        setup_uploaded_bytes=sum(len(trace.blobs[blob]) for blob in _written(setup)),
        setup_pipelines=len(_pipelines(setup)),
        setup_shaders=len(_shaders(setup)),
        setup_compile_ms=_compile_ms(setup),
        runs=tuple(_counts(trace, run, calls[begin:end]) for run, (begin, end) in enumerate(stretches)),
        adapter=trace.adapter.identity,
    )


def steady(trace: Trace) -> GpuSegment:
    """The last run, where the one before it asked for the same and it stands alone.

    Raises ModelUnusable where no run can be repeated, with the first difference.
    """
    calls, stretches = trace.header.calls, list(_stretches(trace.header.calls))
    if len(stretches) < 2:
        raise ModelUnusable("the recording holds less than two runs of the model", hint=_RECORD_MORE)
    (begin, end), before = stretches[-1], stretches[-2]
    last = _counts(trace, len(stretches) - 1, calls[begin:end])
    other = _counts(trace, len(stretches) - 2, calls[slice(*before)])
    if last.dispatches == 0:
        raise ModelUnusable(
            "no run of the model asked the GPU to compute anything",
            hint="onnxruntime-web ran it on the CPU: it may have no WebGPU kernels for its operators.",
        )
    if last.calls != other.calls:
        names = {**last.calls, **other.calls}
        name = next(name for name in names if last.calls.get(name) != other.calls.get(name))
        raise ModelUnusable(
            f"runs of the model differ: {other.calls.get(name, 0)} calls of {name} in run {other.run}, "
            f"{last.calls.get(name, 0)} in run {last.run}",
            hint=_RECORD_MORE,
        )
    if not last.read_bytes:
        raise ModelUnusable(
            "no run of the model read anything back from the GPU, so nothing can be compared",
            hint="Record it with outputs on the CPU.",
        )
    lost = _destroyed_of_before(calls[begin:end])
    if lost is not None:
        raise ModelUnusable(
            f"run {last.run} of the model destroys what an earlier one made ({lost}): it cannot be repeated",
            hint=_RECORD_MORE,
        )
    return GpuSegment(begin=begin, end=end, spoilt=_spoilt(trace, calls[begin:end]))


def _stretches(calls: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Where runs begin and end; marks belong to none."""
    marks = [at for at, call in enumerate(calls) if isinstance(call, Mark)]
    for begin, end in zip(marks[::2], marks[1::2], strict=True):
        yield begin + 1, end


def _counts(trace: Trace, run: int, calls: Sequence[Call]) -> RunCounts:
    counted = Counter(name_of(call) for call in calls)
    return RunCounts(
        run=run,
        calls=dict(sorted(counted.items())),
        dispatches=sum(isinstance(call, _DISPATCHES) for call in calls),
        submits=sum(isinstance(call, Submit) for call in calls),
        uploaded_bytes=sum(len(trace.blobs[blob]) for blob in _written(calls)),
        read_bytes=sum(len(trace.blobs[call.blob]) for call in calls if isinstance(call, ReadMapped)),
        pipelines=len(_pipelines(calls)),
        labels=_labels(trace, calls),
        shaders=len(_shaders(calls)),
        inner_reads=_inner_reads(calls),
        compile_ms=_compile_ms(calls),
    )


def _pipelines(calls: Sequence[Call]) -> list[CreateComputePipeline]:
    return [call for call in calls if isinstance(call, CreateComputePipeline)]


def _shaders(calls: Sequence[Call]) -> list[CreateShaderModule]:
    return [call for call in calls if isinstance(call, CreateShaderModule)]


def _labels(trace: Trace, calls: Sequence[Call]) -> tuple[str, ...]:
    """Of the pipelines that these calls make; those of their shaders where they have none."""
    made = _pipelines(calls)
    if not made:
        return ()
    shaders = {shader.out: shader.label for shader in _shaders(trace.header.calls)}
    return tuple(dict.fromkeys(one.label or shaders[one.shader] for one in made))


def _compile_ms(calls: Sequence[Call]) -> float:
    """For which at least one pipeline of these calls was not ready; of those that are waited for at all."""
    asked = {one.out: one.at_ms for one in _pipelines(calls)}
    ready = [
        (asked[call.pipeline], call.at_ms)
        for call in calls
        if isinstance(call, PipelineReady) and call.pipeline in asked
    ]
    total_ms, until = 0.0, 0.0
    for begin, end in sorted(ready):
        total_ms += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total_ms


def _inner_reads(calls: Sequence[Call]) -> int:
    """Read-backs behind which there is a dispatch."""
    dispatches = [at for at, call in enumerate(calls) if isinstance(call, _DISPATCHES)]
    last = dispatches[-1] if dispatches else 0
    reading = {call.buffer for call in calls if isinstance(call, MapAsync) and call.mode == "read"}
    return sum(isinstance(call, Mapped) and call.buffer in reading for call in calls[:last])


def _written(calls: Sequence[Call]) -> Iterator[int]:
    for call in calls:
        if isinstance(call, WriteBuffer):
            yield call.blob
        elif isinstance(call, Unmap):
            yield from (write.blob for write in call.writes)


def _destroyed_of_before(calls: Sequence[Call]) -> str | None:
    """The first object that a stretch of calls destroys and did not make."""
    made: set[int] = set()
    for call in calls:
        for touch in touched(call):
            if touch.makes:
                made.add(touch.number)
            elif (
                isinstance(call, DestroyBuffer | DestroyQuerySet | DestroyDevice) and touch.number not in made
            ):
                return f"{touch.kind} {touch.number}"
    return None


def _spoilt(trace: Trace, calls: Sequence[Call]) -> tuple[int, ...]:
    """What a run writes of the model's inputs; where nobody knows them, the largest of all that it writes."""
    written = tuple(dict.fromkeys(_written(calls)))
    inputs = tuple(blob for blob in written if blob in trace.header.inputs)
    return inputs or tuple(sorted(written, key=lambda blob: len(trace.blobs[blob]))[-1:])
