"""Tensors between .npz files and the raw little-endian block that travels to and from a page."""

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gapprof.browser.trouble import VisitError
from gapprof.records.wire.tensors import TensorSlice

ALIGNMENT = 8
"""Typed arrays in JavaScript must start at a multiple of their element's size."""


def packed(path: Path) -> tuple[bytes, tuple[TensorSlice, ...]]:
    """The arrays of an .npz as one block, with where each one lies. Raises VisitError for text tensors."""
    block = bytearray()
    slices: list[TensorSlice] = []
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            if array.dtype.kind not in "biuf":
                raise VisitError(
                    f"input {name!r} holds {array.dtype}, which cannot travel to a page",
                    kind="model",
                    phase="load",
                    hint="gapprof runs models with numeric and boolean inputs in the browser.",
                )
            raw = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
            slices.append(
                TensorSlice(
                    name=name,
                    dtype=array.dtype.name,
                    dims=array.shape,
                    offset=len(block),
                    size_bytes=len(raw),
                )
            )
            block += raw + bytes(-len(raw) % ALIGNMENT)
    return bytes(block), tuple(slices)


def unpacked(block: bytes, slices: tuple[TensorSlice, ...]) -> dict[str, NDArray[np.generic]]:
    """The arrays again. Raises VisitError when the block does not hold what the slices say."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for piece in slices:
        raw = block[piece.offset : piece.offset + piece.size_bytes]
        dtype = np.dtype(piece.dtype).newbyteorder("<")
        if len(raw) != piece.size_bytes or len(raw) != dtype.itemsize * int(np.prod(piece.dims)):
            raise VisitError(
                f"output {piece.name!r} arrived with {len(raw)} bytes; "
                f"{piece.dims} of {piece.dtype} were announced",
                kind="page",
                phase="load",
            )
        arrays[piece.name] = np.frombuffer(raw, dtype=dtype).reshape(piece.dims)
    return arrays


def save(arrays: dict[str, NDArray[np.generic]], path: Path) -> None:
    """Write an .npz. numpy's own function takes names as keywords, and `file` is one that it keeps."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
