"""A recording written by hand: workgroups with far more memory of their own than they have work."""

import numpy as np

from gapprof.records.gpu_trace import (
    BeginComputePass,
    BindEntry,
    Call,
    CopyBufferToBuffer,
    CreateBindGroup,
    CreateBuffer,
    CreateCommandEncoder,
    CreateComputePipeline,
    CreateShaderModule,
    DispatchWorkgroups,
    EndPass,
    Finish,
    GetBindGroupLayout,
    MapAsync,
    Mapped,
    Mark,
    ReadMapped,
    RequestAdapter,
    RequestDevice,
    SetBindGroup,
    SetPipeline,
    Submit,
    TraceHeader,
    Unmap,
    WriteBuffer,
)
from tests.unit.gpu.written import SWIFTSHADER, file_of, places

WORDS, GROUPS = 2000, 512
SHADER = f"""
var<workgroup> room: array<u32, {WORDS}>;
@group(0) @binding(0) var<storage, read> given: array<u32>;
@group(0) @binding(1) var<storage, read_write> made: array<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) {{
  made[id.x] = given[id.x] + 1u;
  if (given[id.x] == 0xffffffffu) {{
    made[id.x] = room[given[id.x + 1u] % {WORDS}u];
  }}
}}"""
INPUT = np.arange(GROUPS, dtype="<u4")
BLOBS = (INPUT.tobytes(), (INPUT + 1).tobytes())
SIZE = INPUT.nbytes


def large_memory() -> bytes:
    """Two runs, the file's bytes."""
    calls: list[Call] = [
        RequestAdapter(out=1, power="", identity=SWIFTSHADER),
        RequestDevice(adapter=1, out=2, queue=3, features=(), limits={}),
        CreateBuffer(device=2, out=4, size=SIZE, usage=0x88, mapped=False),
        CreateBuffer(device=2, out=5, size=SIZE, usage=0x84, mapped=False),
        CreateBuffer(device=2, out=6, size=SIZE, usage=0x9, mapped=False),
        CreateShaderModule(device=2, out=7, label="large", code=SHADER),
        CreateComputePipeline(
            device=2, out=8, label="", layout=None, shader=7, entry="", constants={}, waits=False, at_ms=0.0
        ),
        GetBindGroupLayout(pipeline=8, index=0, out=9),
        CreateBindGroup(
            device=2,
            out=10,
            layout=9,
            entries=tuple(
                BindEntry(binding=number, buffer=buffer, offset=0, size=None)
                for number, buffer in enumerate((4, 5))
            ),
        ),
    ]
    for run in range(2):
        encoder, on, commands = (100 * run + 20 + number for number in range(3))
        calls += [
            Mark(run=run, edge="begin", at_ms=0.0),
            WriteBuffer(queue=3, buffer=4, offset=0, blob=0),
            CreateCommandEncoder(device=2, out=encoder),
            BeginComputePass(encoder=encoder, out=on, timestamps=None),
            SetPipeline(on=on, pipeline=8),
            SetBindGroup(on=on, index=0, group=10, offsets=()),
            DispatchWorkgroups(on=on, count=(GROUPS, 1, 1)),
            EndPass(on=on),
            CopyBufferToBuffer(
                encoder=encoder, source=5, source_offset=0, target=6, target_offset=0, size=SIZE
            ),
            Finish(encoder=encoder, out=commands),
            Submit(queue=3, commands=(commands,), at_ms=0.0),
            MapAsync(buffer=6, mode="read", offset=0, size=None, at_ms=0.0),
            Mapped(buffer=6, at_ms=0.0),
            ReadMapped(buffer=6, offset=0, blob=1),
            Unmap(buffer=6, writes=()),
            Mark(run=run, edge="end", at_ms=0.0),
        ]
    header = TraceHeader(
        format="gapprof/gpu-trace",
        about={"model": "large memory"},
        calls=tuple(calls),
        blobs=places(BLOBS),
        inputs=(0,),
        unsupported=(),
        ended="",
        errors=(),
        lost="",
    )
    return file_of(header, BLOBS)
