"""A recording's file: read, bounded, and checked before anything is made of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.gpu.objects import touched
from gapprof.records.gpu_trace import (
    ALIGNMENT,
    MAGIC,
    PREAMBLE_BYTES,
    VERSION,
    BlobPlace,
    Call,
    Mark,
    RequestAdapter,
    TraceHeader,
)
from gapprof.subject.visible import shortened

MOST_BYTES = 2 << 30
"""Of a file: weights twice, at the most, and what a page can hold."""
MOST_HEADER_BYTES = 256 << 20
_AGAIN = "Record the model again."
_SMALLER = "Try a smaller model: a recording holds its weights, and all that its runs read and write."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A recording that was read whole and makes sense. Its blobs are views of one block."""

    header: TraceHeader
    blobs: tuple[memoryview, ...]
    size_bytes: int
    sha256: str
    """Of the file."""

    @property
    def adapter(self) -> RequestAdapter:
        """The first that was found, which a recording that can be replayed has."""
        return next(call for call in self.header.calls if isinstance(call, RequestAdapter))


def read(path: Path, *, most_bytes: int = MOST_BYTES) -> Trace:
    """Read and check a file. Raises WrongUse, ModelUnusable, EnvironmentUnusable: see `parsed`."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WrongUse(f"the recording {path} cannot be read: {reason}", hint=_AGAIN) from error
    return parsed(data, most_bytes=most_bytes)


def parsed(data: bytes, *, most_bytes: int = MOST_BYTES) -> Trace:
    """Check the bytes of a file.

    Raises WrongUse for what is no recording, was damaged, is of another version or larger than `most_bytes`;
    ModelUnusable for a whole one that cannot be replayed, with the calls that nobody could record;
    EnvironmentUnusable where the GPU was lost meanwhile.
    """
    if len(data) > most_bytes:
        raise WrongUse(f"the recording has more than {most_bytes} bytes", hint=_SMALLER)
    header, begin = _header(data)
    if header.ended:
        raise ModelUnusable(f"the model was not recorded whole: {header.ended}", hint=_SMALLER)
    if header.unsupported:
        raise ModelUnusable(
            f"the recording holds calls that cannot be replayed: {shortened(', '.join(header.unsupported))}",
            hint="gapprof replays computing on buffers: no textures, no drawing.",
        )
    if header.lost:
        raise EnvironmentUnusable(
            f"the GPU device was lost while the model was recorded ({shortened(header.lost)})",
            hint="A model that needs too much of the GPU's memory or time ends like this: try a smaller one.",
        )
    blobs = _blobs(header.blobs, memoryview(data)[begin:])
    _check_objects(header.calls, len(blobs))
    _check_marks(header.calls)
    if any(number >= len(blobs) for number in header.inputs):
        raise _damaged("it names an input that it does not hold")
    return Trace(header=header, blobs=blobs, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _header(data: bytes) -> tuple[TraceHeader, int]:
    """The header, and where the blobs begin."""
    if data[: len(MAGIC)] != MAGIC:
        raise WrongUse("the file is no recording of WebGPU calls", hint="Give a file that gapprof recorded.")
    if len(data) < PREAMBLE_BYTES:
        raise _damaged("it ends in its first bytes")
    version, size, zeros = (
        int.from_bytes(data[at : at + 4], "little") for at in range(len(MAGIC), PREAMBLE_BYTES, 4)
    )
    if version != VERSION:
        raise WrongUse(
            f"the recording has version {version}; this gapprof reads version {VERSION}", hint=_AGAIN
        )
    begin = PREAMBLE_BYTES + size
    if zeros or size % ALIGNMENT or size > MOST_HEADER_BYTES:
        raise _damaged("its first bytes say what no recording says")
    if begin > len(data):
        raise _damaged(f"its header needs {begin} bytes, and there are {len(data)}")
    try:
        return msgspec.json.decode(data[PREAMBLE_BYTES:begin], type=TraceHeader), begin
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(f"its header cannot be read: {shortened(str(error))}") from error


def _blobs(places: Sequence[BlobPlace], block: memoryview) -> tuple[memoryview, ...]:
    """One after the other, without gaps but for alignment; nothing behind the last one."""
    found, at = [], 0
    for number, place in enumerate(places):
        if place.offset != at:
            raise _damaged(f"blob {number} begins at byte {place.offset}, and the one before it ends at {at}")
        at += place.size_bytes + -place.size_bytes % ALIGNMENT
        if at > len(block):
            raise _damaged(f"blob {number} ends at byte {at} of {len(block)}: the file was cut off")
        found.append(block[place.offset : place.offset + place.size_bytes])
    if at != len(block):
        raise _damaged(f"{len(block) - at} bytes stand behind the last blob")
    for number, (place, blob) in enumerate(zip(places, found, strict=True)):
        if hashlib.sha256(blob).hexdigest() != place.sha256:
            raise _damaged(f"blob {number} does not hold what was recorded")
    return tuple(found)


def _check_objects(calls: Sequence[Call], blobs: int) -> None:
    """Everything is made once, before it is used, and used as what it is."""
    kinds: dict[int, str] = {}
    for at, call in enumerate(calls):
        for touch in touched(call):
            what = f"call {at} ({name_of(call)})"
            if touch.kind == "blob":
                if touch.number >= blobs:
                    raise _damaged(f"{what} wants blob {touch.number} of {blobs}")
            elif touch.makes:
                if touch.number in kinds:
                    raise _damaged(f"{what} makes {touch.kind} {touch.number}, a number that is taken")
                kinds[touch.number] = touch.kind
            elif kinds.get(touch.number) != touch.kind:
                found = kinds.get(touch.number, "nothing yet")
                raise _damaged(f"{what} wants {touch.kind} {touch.number}, which is {found}")
    if "adapter" not in kinds.values():
        raise ModelUnusable(
            "the page asked for no GPU adapter while it was recorded",
            hint="Look whether onnxruntime-web ran the model with its WebGPU provider.",
        )


def _check_marks(calls: Sequence[Call]) -> None:
    """Runs are numbered from 0 and lie one after the other."""
    marks = [(call.run, call.edge) for call in calls if isinstance(call, Mark)]
    wanted = [(at // 2, "begin" if at % 2 == 0 else "end") for at in range(len(marks))]
    if marks != wanted or len(marks) % 2:
        raise _damaged("its runs do not begin and end one after the other")


def name_of(call: Call) -> str:
    """WebGPU's own name of it."""
    return str(type(call).__struct_config__.tag)


def _damaged(how: str) -> WrongUse:
    return WrongUse(f"the recording was damaged: {how}", hint=_AGAIN)
