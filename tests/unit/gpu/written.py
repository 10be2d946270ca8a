"""Recordings written by hand: a buffer that is written, one dispatch, and what came out of it, run by run."""

import hashlib
from collections.abc import Sequence

import msgspec

from gapprof.records.gpu import AdapterIdentity
from gapprof.records.gpu_trace import (
    ALIGNMENT,
    MAGIC,
    VERSION,
    BeginComputePass,
    BlobPlace,
    Call,
    CreateBuffer,
    CreateCommandEncoder,
    CreateComputePipeline,
    CreateShaderModule,
    DispatchWorkgroups,
    EndPass,
    Finish,
    MapAsync,
    Mapped,
    Mark,
    ReadMapped,
    RequestAdapter,
    RequestDevice,
    SetPipeline,
    Submit,
    TraceHeader,
    Unmap,
    WriteBuffer,
)

SWIFTSHADER = AdapterIdentity(
    vendor="google",
    architecture="swiftshader",
    device="0xc0de",
    description="SwiftShader Device (Subzero)",
    backend="vulkan",
    driver="",
    kind="CPU",
    is_fallback=True,
    subgroup_sizes=(4, 4),
    features=("timestamp-query",),
    limits={"maxBufferSize": 1 << 30},
)
BLOBS = (b"input of a model", b"\x01\x02\x03\x04", b"weights, weights, weights")
INPUT, RESULT, WEIGHTS = range(3)
_SETUP: tuple[Call, ...] = (
    RequestAdapter(out=1, power="", identity=SWIFTSHADER),
    RequestDevice(adapter=1, out=2, queue=3, features=(), limits={}),
    CreateBuffer(device=2, out=4, size=64, usage=0x80, mapped=False),
    WriteBuffer(queue=3, buffer=4, offset=0, blob=WEIGHTS),
    CreateShaderModule(device=2, out=5, label="s", code="@compute @workgroup_size(1) fn main() {}"),
    CreateComputePipeline(
        device=2, out=6, label="p", layout=None, shader=5, entry="", constants={}, waits=False, at_ms=1.0
    ),
    CreateBuffer(device=2, out=7, size=16, usage=0x9, mapped=False),
)


def run_of(number: int) -> tuple[Call, ...]:
    """One run, between its marks; its objects have numbers of their own."""
    encoder, on, commands = (10 * number + place for place in (10, 11, 12))
    return (
        Mark(run=number, edge="begin", at_ms=float(number)),
        WriteBuffer(queue=3, buffer=4, offset=0, blob=INPUT),
        CreateCommandEncoder(device=2, out=encoder),
        BeginComputePass(encoder=encoder, out=on, timestamps=None),
        SetPipeline(on=on, pipeline=6),
        DispatchWorkgroups(on=on, count=(1, 1, 1)),
        EndPass(on=on),
        Finish(encoder=encoder, out=commands),
        Submit(queue=3, commands=(commands,), at_ms=1.0),
        MapAsync(buffer=7, mode="read", offset=0, size=None, at_ms=1.0),
        Mapped(buffer=7, at_ms=2.0),
        ReadMapped(buffer=7, offset=0, blob=RESULT),
        Unmap(buffer=7, writes=()),
        Mark(run=number, edge="end", at_ms=number + 0.5),
    )


def calls_of(runs: int) -> tuple[Call, ...]:
    """The setup and so many runs."""
    return (*_SETUP, *(call for number in range(runs) for call in run_of(number)))


def header_of(calls: Sequence[Call], **said: object) -> TraceHeader:
    """Of a recording that went well, but for what is said."""
    whole = TraceHeader(
        format="gapprof/gpu-trace",
        about={"model": "small.onnx"},
        calls=tuple(calls),
        blobs=places(BLOBS),
        inputs=(INPUT,),
        unsupported=(),
        ended="",
        errors=(),
        lost="",
    )
    return msgspec.structs.replace(whole, **said)


def places(blobs: Sequence[bytes]) -> tuple[BlobPlace, ...]:
    """One after the other."""
    found, at = [], 0
    for blob in blobs:
        found.append(BlobPlace(offset=at, size_bytes=len(blob), sha256=hashlib.sha256(blob).hexdigest()))
        at += len(blob) + -len(blob) % ALIGNMENT
    return tuple(found)


def file_of(header: TraceHeader | bytes, blobs: Sequence[bytes] = BLOBS, *, version: int = VERSION) -> bytes:
    """The bytes of a file, as packing.mjs lays it out."""
    text = header if isinstance(header, bytes) else msgspec.json.encode(header)
    text += b" " * (-len(text) % ALIGNMENT)
    numbers = b"".join(value.to_bytes(4, "little") for value in (version, len(text), 0))
    return MAGIC + numbers + text + b"".join(blob + bytes(-len(blob) % ALIGNMENT) for blob in blobs)
