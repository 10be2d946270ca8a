"""A steady run's dispatches as the library asked for them: what is bound, and by which submit they go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gapprof.gpu.steady import steady
from gapprof.gpu.trace import Trace
from gapprof.records.dispatches import AskedDispatch
from gapprof.records.gpu_trace import (
    BeginComputePass,
    BindEntry,
    Call,
    CreateBindGroup,
    CreateBuffer,
    CreateComputePipeline,
    CreateShaderModule,
    DispatchWorkgroups,
    DispatchWorkgroupsIndirect,
    Finish,
    SetBindGroup,
    SetPipeline,
    Submit,
)

_STORAGE = 0x80
"""WebGPU's bit of buffers that shaders read and write; what a uniform holds is no traffic to speak of."""
_NEVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All of a run."""

    dispatches: tuple[AskedDispatch, ...]
    submits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A dispatch before it is known when it is submitted."""

    encoder: int
    program: str
    workgroups: tuple[int, int, int] | None
    bound_bytes: int


@dataclass(slots=True)
class _Walk:
    """What calls made and set so far."""

    buffers: dict[int, CreateBuffer] = field(default_factory=dict)
    groups: dict[int, tuple[BindEntry, ...]] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    """Shader, pipeline, or pass with a pipeline → its label."""
    encoders: dict[int, int] = field(default_factory=dict)
    """Pass, or finished commands → encoder."""
    bound: dict[int, dict[int, int | None]] = field(default_factory=dict)
    """Pass → place → group."""
    submitted: dict[int, int] = field(default_factory=dict)
    """Encoder → number of the submit."""
    submits: int = 0


def asked(trace: Trace) -> Asked:
    """Of the run that a replay repeats. Raises ModelUnusable as `steady` does."""
    segment, calls = steady(trace), trace.header.calls
    walk = _Walk()
    _heard(walk, calls[: segment.begin])
    walk.submits = 0
    found = _heard(walk, calls[segment.begin : segment.end])
    return Asked(
        dispatches=tuple(
            AskedDispatch(
                program=one.program,
                workgroups=one.workgroups,
                bound_bytes=one.bound_bytes,
                submit=walk.submitted.get(one.encoder, _NEVER),
            )
            for one in found
        ),
        submits=walk.submits,
    )


def _heard(walk: _Walk, calls: Sequence[Call]) -> list[_Found]:
    """The dispatches among them, in order."""
    found = []
    for call in calls:
        match call:
            case CreateBuffer():
                walk.buffers[call.out] = call
            case CreateBindGroup():
                walk.groups[call.out] = call.entries
            case CreateShaderModule():
                walk.labels[call.out] = call.label
            case CreateComputePipeline():
                walk.labels[call.out] = call.label or walk.labels[call.shader]
            case SetPipeline():
                walk.labels[call.on] = walk.labels[call.pipeline]
            case BeginComputePass():
                walk.encoders[call.out] = call.encoder
                walk.bound[call.out] = {}
            case Finish():
                walk.encoders[call.out] = call.encoder
            case SetBindGroup():
                walk.bound[call.on][call.index] = call.group
            case DispatchWorkgroups():
                found.append(_dispatch(walk, call.on, call.count))
            case DispatchWorkgroupsIndirect():
                found.append(_dispatch(walk, call.on, None))
            case Submit():
                for commands in call.commands:
                    walk.submitted[walk.encoders[commands]] = walk.submits
                walk.submits += 1
            case _:
                pass
    return found


def _dispatch(walk: _Walk, on: int, workgroups: tuple[int, int, int] | None) -> _Found:
    entries = (
        entry for group in walk.bound[on].values() if group is not None for entry in walk.groups[group]
    )
    size = _storage_bytes(entries, walk.buffers)
    program = walk.labels.get(on, "")
    return _Found(encoder=walk.encoders[on], program=program, workgroups=workgroups, bound_bytes=size)


def _storage_bytes(entries: Iterable[BindEntry], buffers: Mapping[int, CreateBuffer]) -> int:
    """A stretch that is bound to be read and to be written counts once."""
    stretches = {
        (entry.buffer, entry.offset): buffers[entry.buffer].size - entry.offset
        if entry.size is None
        else entry.size
        for entry in entries
        if buffers[entry.buffer].usage & _STORAGE
    }
    return sum(stretches.values())
