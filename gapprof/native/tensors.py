"""Arrays in and out of .npz files, under any name that a graph may use."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def read_arrays(path: Path) -> dict[str, Any]:
    """Every array of an .npz by name; raises OSError, ValueError (pickled objects are refused)."""
    import numpy as np

    with np.load(path, allow_pickle=False) as stored:
        return {name: np.ascontiguousarray(stored[name]).reshape(stored[name].shape) for name in stored.files}


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
