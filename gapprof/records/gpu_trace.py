"""The calls of a recording, one struct for each, under WebGPU's own names; and the header of its file.

Objects are numbers, given out in order of their making. A number's kind is part of its type, so that one walk
over a call says what it makes and what it uses (`gapprof.gpu.objects`). What is written and read lies outside
of the header, in blobs. `probes_web/gpu/packing.mjs` says how the file is laid out.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from gapprof.records.gpu import AdapterIdentity

FORMAT = "gapprof/gpu-trace"
VERSION = 1
MAGIC = b"gapprof-gpu\n"
PREAMBLE_BYTES = 24
"""Magic, then version and header's bytes as 32-bit little-endian numbers, then zeros."""
ALIGNMENT = 8
"""Every blob begins at a multiple of it."""

Count = Annotated[int, Meta(ge=0, le=2**53)]
Bits = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Adapter = Annotated[int, Meta(ge=1, extra={"uses": "adapter"})]
NewAdapter = Annotated[int, Meta(ge=1, extra={"makes": "adapter"})]
Device = Annotated[int, Meta(ge=1, extra={"uses": "device"})]
NewDevice = Annotated[int, Meta(ge=1, extra={"makes": "device"})]
Queue = Annotated[int, Meta(ge=1, extra={"uses": "queue"})]
NewQueue = Annotated[int, Meta(ge=1, extra={"makes": "queue"})]
Buffer = Annotated[int, Meta(ge=1, extra={"uses": "buffer"})]
NewBuffer = Annotated[int, Meta(ge=1, extra={"makes": "buffer"})]
Shader = Annotated[int, Meta(ge=1, extra={"uses": "shader"})]
NewShader = Annotated[int, Meta(ge=1, extra={"makes": "shader"})]
GroupLayout = Annotated[int, Meta(ge=1, extra={"uses": "group layout"})]
NewGroupLayout = Annotated[int, Meta(ge=1, extra={"makes": "group layout"})]
PipelineLayout = Annotated[int, Meta(ge=1, extra={"uses": "pipeline layout"})]
NewPipelineLayout = Annotated[int, Meta(ge=1, extra={"makes": "pipeline layout"})]
Pipeline = Annotated[int, Meta(ge=1, extra={"uses": "pipeline"})]
NewPipeline = Annotated[int, Meta(ge=1, extra={"makes": "pipeline"})]
Group = Annotated[int, Meta(ge=1, extra={"uses": "group"})]
NewGroup = Annotated[int, Meta(ge=1, extra={"makes": "group"})]
Queries = Annotated[int, Meta(ge=1, extra={"uses": "query set"})]
NewQueries = Annotated[int, Meta(ge=1, extra={"makes": "query set"})]
Encoder = Annotated[int, Meta(ge=1, extra={"uses": "encoder"})]
NewEncoder = Annotated[int, Meta(ge=1, extra={"makes": "encoder"})]
Pass = Annotated[int, Meta(ge=1, extra={"uses": "pass"})]
NewPass = Annotated[int, Meta(ge=1, extra={"makes": "pass"})]
Commands = Annotated[int, Meta(ge=1, extra={"uses": "commands"})]
NewCommands = Annotated[int, Meta(ge=1, extra={"makes": "commands"})]
Blob = Annotated[int, Meta(ge=0, extra={"uses": "blob"})]


class _Strict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word more than is known may be one that matters."""


class Mark(_Strict, frozen=True, kw_only=True, tag="mark", tag_field="op"):
    """A run of the model begins or ends."""

    run: Count
    edge: Literal["begin", "end"]
    at_ms: float
    """On the page's clock."""


class RequestAdapter(_Strict, frozen=True, kw_only=True, tag="requestAdapter", tag_field="op"):
    """Who was found."""

    out: NewAdapter
    power: str
    """`powerPreference`; empty: none."""
    identity: AdapterIdentity


class RequestDevice(_Strict, frozen=True, kw_only=True, tag="requestDevice", tag_field="op"):
    """With what was asked for."""

    adapter: Adapter
    out: NewDevice
    queue: NewQueue
    features: tuple[str, ...]
    limits: dict[str, int]


class CreateBuffer(_Strict, frozen=True, kw_only=True, tag="createBuffer", tag_field="op"):
    """Sizes in bytes; `usage` as WebGPU's bits."""

    device: Device
    out: NewBuffer
    size: Count
    usage: Bits
    mapped: bool
    """`mappedAtCreation`."""


class CreateShaderModule(_Strict, frozen=True, kw_only=True, tag="createShaderModule", tag_field="op"):
    """WGSL, as text."""

    device: Device
    out: NewShader
    label: str
    code: str


class BufferLayout(_Strict, frozen=True, kw_only=True):
    """`GPUBufferBindingLayout`."""

    type: Literal["uniform", "storage", "read-only-storage"]
    dynamic: bool
    least: Count
    """`minBindingSize`."""


class LayoutEntry(_Strict, frozen=True, kw_only=True):
    """Of buffers; a trace knows no other resource."""

    binding: Count
    visibility: Bits
    buffer: BufferLayout


class CreateBindGroupLayout(_Strict, frozen=True, kw_only=True, tag="createBindGroupLayout", tag_field="op"):
    """What a group of a pipeline holds."""

    device: Device
    out: NewGroupLayout
    entries: tuple[LayoutEntry, ...]


class CreatePipelineLayout(_Strict, frozen=True, kw_only=True, tag="createPipelineLayout", tag_field="op"):
    """None: a group that is not used."""

    device: Device
    out: NewPipelineLayout
    groups: tuple[GroupLayout | None, ...]


class CreateComputePipeline(_Strict, frozen=True, kw_only=True, tag="createComputePipeline", tag_field="op"):
    """The call; for the asynchronous one `PipelineReady` says when the page had it."""

    device: Device
    out: NewPipeline
    label: str
    layout: PipelineLayout | None
    """None: `auto`."""
    shader: Shader
    entry: str
    """Empty: the shader's only one."""
    constants: dict[str, float]
    waits: bool
    """`createComputePipelineAsync`."""
    at_ms: float


class PipelineReady(_Strict, frozen=True, kw_only=True, tag="pipelineReady", tag_field="op"):
    """The promise of an asynchronous pipeline is kept."""

    pipeline: Pipeline
    at_ms: float


class GetBindGroupLayout(_Strict, frozen=True, kw_only=True, tag="getBindGroupLayout", tag_field="op"):
    """Of a pipeline whose layout is `auto`, mostly."""

    pipeline: Pipeline
    index: Count
    out: NewGroupLayout


class BindEntry(_Strict, frozen=True, kw_only=True):
    """A stretch of a buffer; None: to its end."""

    binding: Count
    buffer: Buffer
    offset: Count
    size: Count | None


class CreateBindGroup(_Strict, frozen=True, kw_only=True, tag="createBindGroup", tag_field="op"):
    """Buffers for a pipeline's group."""

    device: Device
    out: NewGroup
    layout: GroupLayout
    entries: tuple[BindEntry, ...]


class CreateQuerySet(_Strict, frozen=True, kw_only=True, tag="createQuerySet", tag_field="op"):
    """Room for timestamps."""

    device: Device
    out: NewQueries
    type: Literal["timestamp", "occlusion"]
    count: Count


class CreateCommandEncoder(_Strict, frozen=True, kw_only=True, tag="createCommandEncoder", tag_field="op"):
    """Commands in the making."""

    device: Device
    out: NewEncoder


class TimestampWrites(_Strict, frozen=True, kw_only=True):
    """Of a pass."""

    queries: Queries
    begin: Count | None
    end: Count | None


class BeginComputePass(_Strict, frozen=True, kw_only=True, tag="beginComputePass", tag_field="op"):
    """Dispatches follow."""

    encoder: Encoder
    out: NewPass
    timestamps: TimestampWrites | None


class SetPipeline(_Strict, frozen=True, kw_only=True, tag="setPipeline", tag_field="op"):
    """For the dispatches that follow."""

    on: Pass
    pipeline: Pipeline


class SetBindGroup(_Strict, frozen=True, kw_only=True, tag="setBindGroup", tag_field="op"):
    """None: nothing is bound there any more."""

    on: Pass
    index: Count
    group: Group | None
    offsets: tuple[Count, ...]


class DispatchWorkgroups(_Strict, frozen=True, kw_only=True, tag="dispatchWorkgroups", tag_field="op"):
    """Of x times y times z workgroups."""

    on: Pass
    count: tuple[Count, Count, Count]


class DispatchWorkgroupsIndirect(
    _Strict, frozen=True, kw_only=True, tag="dispatchWorkgroupsIndirect", tag_field="op"
):
    """How many stands in a buffer."""

    on: Pass
    buffer: Buffer
    offset: Count


class EndPass(_Strict, frozen=True, kw_only=True, tag="end", tag_field="op"):
    """Of a pass."""

    on: Pass


class CopyBufferToBuffer(_Strict, frozen=True, kw_only=True, tag="copyBufferToBuffer", tag_field="op"):
    """None: all that is left of the source."""

    encoder: Encoder
    source: Buffer
    source_offset: Count
    target: Buffer
    target_offset: Count
    size: Count | None


class ClearBuffer(_Strict, frozen=True, kw_only=True, tag="clearBuffer", tag_field="op"):
    """With zeros; None: to its end."""

    encoder: Encoder
    buffer: Buffer
    offset: Count
    size: Count | None


class ResolveQuerySet(_Strict, frozen=True, kw_only=True, tag="resolveQuerySet", tag_field="op"):
    """Timestamps into a buffer."""

    encoder: Encoder
    queries: Queries
    first: Count
    count: Count
    target: Buffer
    offset: Count


class Finish(_Strict, frozen=True, kw_only=True, tag="finish", tag_field="op"):
    """Commands are made."""

    encoder: Encoder
    out: NewCommands


class Submit(_Strict, frozen=True, kw_only=True, tag="submit", tag_field="op"):
    """Commands go to the GPU."""

    queue: Queue
    commands: tuple[Commands, ...]
    at_ms: float


class WriteBuffer(_Strict, frozen=True, kw_only=True, tag="writeBuffer", tag_field="op"):
    """From JavaScript, by way of the queue."""

    queue: Queue
    buffer: Buffer
    offset: Count
    blob: Blob


class MapAsync(_Strict, frozen=True, kw_only=True, tag="mapAsync", tag_field="op"):
    """The call; None: to its end."""

    buffer: Buffer
    mode: Literal["read", "write"]
    offset: Count
    size: Count | None
    at_ms: float


class Mapped(_Strict, frozen=True, kw_only=True, tag="mapped", tag_field="op"):
    """The page can have it now."""

    buffer: Buffer
    at_ms: float


class ReadMapped(_Strict, frozen=True, kw_only=True, tag="read", tag_field="op"):
    """`getMappedRange` of a buffer mapped for reading, and what stood there."""

    buffer: Buffer
    offset: Count
    blob: Blob


class MappedWrite(_Strict, frozen=True, kw_only=True):
    """What stood in a mapped range when it was unmapped."""

    offset: Count
    blob: Blob


class Unmap(_Strict, frozen=True, kw_only=True, tag="unmap", tag_field="op"):
    """With all that was written until then."""

    buffer: Buffer
    writes: tuple[MappedWrite, ...]


class DestroyBuffer(_Strict, frozen=True, kw_only=True, tag="destroyBuffer", tag_field="op"):
    """Its memory is given up."""

    buffer: Buffer


class DestroyQuerySet(_Strict, frozen=True, kw_only=True, tag="destroyQuerySet", tag_field="op"):
    """The same."""

    queries: Queries


class DestroyDevice(_Strict, frozen=True, kw_only=True, tag="destroyDevice", tag_field="op"):
    """Nothing of it works any more."""

    device: Device


class OnSubmittedWorkDone(_Strict, frozen=True, kw_only=True, tag="onSubmittedWorkDone", tag_field="op"):
    """The call."""

    queue: Queue
    at_ms: float


class WorkDone(_Strict, frozen=True, kw_only=True, tag="workDone", tag_field="op"):
    """Its promise is kept; of several, in their order."""

    queue: Queue
    at_ms: float


class PushErrorScope(_Strict, frozen=True, kw_only=True, tag="pushErrorScope", tag_field="op"):
    """Errors of that kind are kept from here on."""

    device: Device
    filter: Literal["validation", "out-of-memory", "internal"]


class PopErrorScope(_Strict, frozen=True, kw_only=True, tag="popErrorScope", tag_field="op"):
    """The call."""

    device: Device


class ErrorPopped(_Strict, frozen=True, kw_only=True, tag="errorPopped", tag_field="op"):
    """Its promise is kept; of several, in their order."""

    device: Device
    error: str
    """Empty: there was none."""


Call = (
    Mark
    | RequestAdapter
    | RequestDevice
    | CreateBuffer
    | CreateShaderModule
    | CreateBindGroupLayout
    | CreatePipelineLayout
    | CreateComputePipeline
    | PipelineReady
    | GetBindGroupLayout
    | CreateBindGroup
    | CreateQuerySet
    | CreateCommandEncoder
    | BeginComputePass
    | SetPipeline
    | SetBindGroup
    | DispatchWorkgroups
    | DispatchWorkgroupsIndirect
    | EndPass
    | CopyBufferToBuffer
    | ClearBuffer
    | ResolveQuerySet
    | Finish
    | Submit
    | WriteBuffer
    | MapAsync
    | Mapped
    | ReadMapped
    | Unmap
    | DestroyBuffer
    | DestroyQuerySet
    | DestroyDevice
    | OnSubmittedWorkDone
    | WorkDone
    | PushErrorScope
    | PopErrorScope
    | ErrorPopped
)


class BlobPlace(_Strict, frozen=True, kw_only=True):
    """Where a blob lies, from the first one's begin."""

    offset: Count
    size_bytes: Count
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class TraceHeader(_Strict, frozen=True, kw_only=True):
    """Everything but the bytes."""

    format: Literal["gapprof/gpu-trace"]
    about: dict[str, str]
    """Browser, library, model: for people."""
    calls: tuple[Call, ...]
    blobs: tuple[BlobPlace, ...]
    inputs: tuple[Count, ...]
    """Blobs that hold an input of the model."""
    unsupported: tuple[str, ...]
    """Calls that no trace can hold, by name: then nothing can be replayed."""
    ended: str
    """Why the recording stopped before the page did; empty: it did not."""
    errors: tuple[str, ...]
    """Reported to the page and asked for by nobody."""
    lost: str
    """Why the device was lost; empty: it was not."""
