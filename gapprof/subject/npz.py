"""Arrays in .npz files: the user's own inputs, checked, and the inputs that a run is fed with."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gapprof.errors import WrongUse
from gapprof.records.model import TensorSpec
from gapprof.subject import limits
from gapprof.subject.visible import shown

Arrays = Mapping[str, NDArray[Any]]

_UNREADABLE = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, RuntimeError, MemoryError)
"""What damaged archives, pickled objects, encrypted entries and an unknown compression raise in numpy and in
zipfile, which for the last two has nothing narrower than RuntimeError."""


def read(path: Path, *, hint: str) -> Arrays:
    """Every array of an .npz file; raises WrongUse for anything else. Nothing is ever unpickled."""
    if not path.is_file():
        raise WrongUse(f"there is no file {shown(path)}", hint=hint)
    with path.open("rb") as file:  # opened here, so that it is also closed when numpy refuses it
        try:
            loaded = np.load(file, allow_pickle=False)
        except _UNREADABLE as error:
            raise WrongUse(f"{shown(path.name)} is not an .npz file", hint=hint) from error
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise WrongUse(
                f"{shown(path.name)} holds one bare array, not an .npz archive with names", hint=hint
            )
        with loaded, zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > 2 * limits.INPUT_BYTES:
                most_gib = 2 * limits.INPUT_BYTES >> 30
                raise WrongUse(f"{shown(path.name)} unpacks to more than {most_gib} GiB", hint=hint)
            return {name: _array(loaded, name, path, hint) for name in loaded.files}


def matching(arrays: Arrays, specs: tuple[TensorSpec, ...], *, source: str) -> Arrays:
    """The arrays in the order of the inputs; raises WrongUse for one that is missing or does not fit."""
    takes = "; ".join(f"{spec.name}: {spec.dtype} {list(spec.shape)}" for spec in specs)
    hint = f"The model takes {takes or 'no inputs'}. Save with numpy.savez(FILE, **arrays)."
    for spec in specs:
        found = arrays.get(spec.name)
        if found is None:
            raise WrongUse(f"{source} holds nothing for the input {spec.name!r}", hint=hint)
        if str(found.dtype) != spec.dtype:
            raise WrongUse(
                f"{source}: {spec.name!r} is {found.dtype}, the model takes {spec.dtype}", hint=hint
            )
        if found.shape != spec.shape:
            raise WrongUse(
                f"{source}: {spec.name!r} has shape {list(found.shape)}, the model takes {list(spec.shape)}",
                hint=hint,
            )
    return {spec.name: np.asarray(arrays[spec.name], order="C") for spec in specs}


def save(path: Path, arrays: Arrays) -> None:
    """Write arrays uncompressed, always the same bytes; names may hold any character but NUL."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # with a fixed date
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)


def _array(loaded: np.lib.npyio.NpzFile, name: str, path: Path, hint: str) -> NDArray[Any]:
    try:
        found = loaded[name]
    except _UNREADABLE as error:
        raise WrongUse(
            f"{shown(path.name)}: {name!r} cannot be read (damaged, or an array of Python objects)", hint=hint
        ) from error
    if not isinstance(found, np.ndarray):
        raise WrongUse(f"{shown(path.name)}: {name!r} is no array", hint=hint)
    return found
