"""A private copy of the model and its external data: taken from the model's own folder and nowhere else."""

import errno
import hashlib
import itertools
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

import onnx
from google.protobuf.message import DecodeError

from gapprof.errors import ModelUnusable, WrongUse
from gapprof.records.subject import StagedModel
from gapprof.subject import limits, wire
from gapprof.subject.tensors import all_tensors, text
from gapprof.subject.visible import shown

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_BLOCK_BYTES = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """The copy, its parsed graph without external data, and what identifies it."""

    model: StagedModel
    graph: onnx.ModelProto
    sha256: str
    size_bytes: int


def stage(source: Path, folder: Path) -> Staged:
    """Copy the model at `source` into `folder`; raises WrongUse for a bad path, ModelUnusable for the rest.

    Nothing is read twice: what was checked is the copy, and only the copy is used from here on.
    """
    _check_is_file(source)
    folder.mkdir(parents=True)
    incoming, digest = folder.with_name("incoming.onnx"), hashlib.sha256()
    size_bytes = _copy(source, incoming, digest, limit=limits.GRAPH_FILE_BYTES, what="the model file")
    wire.check_size(incoming)
    model = parse(incoming)
    locations = sorted({_location(tensor) for tensor in all_tensors(model) if _is_external(tensor)})
    own = source.parent.resolve()
    for location in locations:
        origin = _contained(location, own)
        target = folder / location
        target.parent.mkdir(parents=True, exist_ok=True)
        what = f"the external data file {location!r}"
        size_bytes += _copy(origin, target, digest, limit=limits.TOTAL_BYTES - size_bytes, what=what)
    path = incoming.rename(folder / _free_name(locations))
    return Staged(
        model=StagedModel(path=path, external_data=tuple(locations)),
        graph=model,
        sha256=digest.hexdigest(),
        size_bytes=size_bytes,
    )


def parse(path: Path) -> onnx.ModelProto:
    """The model without its external data; raises ModelUnusable for what is no ONNX model."""
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise wire.not_onnx() from error
    if not model.graph.node or not model.opset_import:
        raise ModelUnusable(
            "the file parses but holds no ONNX graph with nodes and an operator set",
            hint="Give the .onnx file of a model, not its data, its configuration or a single tensor.",
        )
    return model


def _check_is_file(source: Path) -> None:
    try:
        found = source.stat()
    except (OSError, ValueError) as error:
        raise WrongUse(
            f"there is no model at {shown(source)}", hint="Give the path of a .onnx file, or zoo:NAME."
        ) from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no ordinary file"
        raise WrongUse(
            f"{shown(source)} is {kind}, not a model", hint="Give the path of the .onnx file itself."
        )


def _copy(source: Path, target: Path, digest: "hashlib._Hash", *, limit: int, what: str) -> int:
    """Copy and hash in one pass, never more than `limit` bytes; returns the size."""
    copied = 0
    try:
        if not stat.S_ISREG(source.stat().st_mode):  # opening a pipe would wait for ever
            raise ModelUnusable(
                f"{what} is no ordinary file", hint="Replace it by a real file beside the model."
            )
        with source.open("rb") as reader, target.open("wb") as writer:
            while block := reader.read(_BLOCK_BYTES):
                copied += len(block)
                if copied > limit:
                    raise ModelUnusable(
                        f"{what} is too large: gapprof opens models up to {limits.TOTAL_BYTES >> 30} GiB "
                        f"with their data, {limits.GRAPH_FILE_BYTES >> 20} MiB of it in the .onnx file",
                        hint="No wasm memory holds more; measure a smaller or quantised model.",
                    )
                digest.update(block)
                writer.write(block)
    except FileNotFoundError as error:
        raise ModelUnusable(
            f"{what} is missing", hint="Put it beside the model, under the name that the model gives it."
        ) from error
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise ModelUnusable(
            f"{what} cannot be copied: {error.strerror}",
            hint="Check its permissions and the free disk space.",
        ) from error
    return copied


def _is_external(tensor: onnx.TensorProto) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def _location(tensor: onnx.TensorProto) -> str:
    """The path of a tensor's external data inside the model's folder, checked as text."""
    location = next((text(e.value) for e in tensor.external_data if e.key == "location"), "")
    if not location:
        raise ModelUnusable(
            f"tensor {tensor.name!r} lies outside the file but says not where",
            hint="Export the model again with its external data.",
        )
    posix, windows = PurePosixPath(location), PureWindowsPath(location)
    parts = {*posix.parts, *windows.parts}
    if posix.is_absolute() or windows.drive or windows.root or ".." in parts or "\0" in location:
        raise _escapes(location)
    return str(posix)


def _contained(location: str, own: Path) -> Path:
    """The real file behind a location; raises ModelUnusable when links lead out of the model's folder."""
    try:
        real = (own / location).resolve()
    except (OSError, RuntimeError) as error:
        raise ModelUnusable(
            f"the external data file {location!r} cannot be found", hint="Put it beside the model."
        ) from error
    if not real.is_relative_to(own):
        raise ModelUnusable(
            f"the external data file {location!r} is a link that leads out of the model's folder",
            hint="Copy the folder with links followed, `cp -rL FOLDER COPY`, and give the model in the copy.",
        )
    return real


def _escapes(location: str) -> ModelUnusable:
    return ModelUnusable(
        f"the model wants external data from {location!r}, which lies outside its own folder",
        hint="Put the data beside the model and export again with a plain file name.",
    )


def _free_name(locations: Iterable[str]) -> str:
    taken = {PurePosixPath(location).parts[0] for location in locations}
    return next(name for name in _candidates() if name not in taken)


def _candidates() -> Iterator[str]:
    yield "model.onnx"
    yield from (f"model-{number}.onnx" for number in itertools.count(2))
