"""Arrays in and out of .npz files, under any name that a graph may use."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_arrays(path: Path) -> dict[str, Any]:
    """Every array of an .npz by name, contiguous. OSError for whatever is none; runs no pickled code."""
    import numpy as np

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name.removesuffix(".npy"): stored[name] for name in names}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise OSError(f"{path.name} is not a readable .npz file: {error}") from error
    return {name: np.require(array, requirements="C") for name, array in arrays.items()}


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write an uncompressed .npz. numpy.savez cannot: it takes names as keyword arguments of its own."""
    import numpy as np

    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        for name, array in arrays.items():
            values = np.asarray(array)
            if values.dtype == object:  # string tensors
                values = values.astype(np.str_)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, values, allow_pickle=False)
