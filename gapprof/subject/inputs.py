"""Inputs for one run: seeded and plausible, or the user's own from an .npz file."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from gapprof.errors import WrongUse
from gapprof.records.model import TensorSpec
from gapprof.subject.dims import Resolved
from gapprof.subject.ranges import table_rows

Arrays = dict[str, NDArray[Any]]

_PATCHES = 8
"""Along each side of a seeded image."""
_UNTRACED_IDS = 100
"""Upper bound of an id input whose table cannot be found: every vocabulary has this many."""


def seeded(graph: onnx.GraphProto, resolved: Resolved, seed: int) -> Arrays:
    """One array per input; the same seed gives the same values, other seeds give others."""
    past = max((size for name, size in resolved.symbols.items() if _is_past(name)), default=0)
    return {
        spec.name: _values(spec, table_rows(graph, spec.name), past, _generator(seed, index))
        for index, spec in enumerate(resolved.inputs)
    }


def read(path: Path, specs: tuple[TensorSpec, ...]) -> Arrays:
    """Arrays of an .npz file, exactly those that the model takes; raises WrongUse for everything else."""
    wanted = {spec.name: spec for spec in specs}
    expectation = "; ".join(f"{s.name}: {s.dtype} {list(s.shape)}" for s in specs)
    hint = f"The model takes {expectation or 'no inputs'}. Save with numpy.savez(FILE, **arrays)."
    arrays = _load(path, hint)
    missing, unknown = wanted.keys() - arrays.keys(), arrays.keys() - wanted.keys()
    if unknown:
        raise WrongUse(f"{path.name} holds {sorted(unknown)[0]!r}, which is no input of the model", hint=hint)
    if missing:
        raise WrongUse(f"{path.name} holds nothing for the input {sorted(missing)[0]!r}", hint=hint)
    for name, spec in wanted.items():
        found = arrays[name]
        if str(found.dtype) != spec.dtype:
            raise WrongUse(f"{path.name}: {name!r} is {found.dtype}, the model takes {spec.dtype}", hint=hint)
        if found.shape != spec.shape:
            raise WrongUse(
                f"{path.name}: {name!r} has shape {list(found.shape)}, the model takes {list(spec.shape)}",
                hint=hint,
            )
    return {name: np.ascontiguousarray(arrays[name]) for name in wanted}


def shapes_in(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Shapes of the arrays in an .npz file: real inputs settle free dimensions as --shape does."""
    return {name: array.shape for name, array in _load(path, "Save it with numpy.savez.").items()}


def save(path: Path, arrays: Arrays) -> None:
    """Write arrays as an uncompressed .npz; names may hold any characters but NUL."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # a fixed date: the same inputs give the same bytes
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)


def _load(path: Path, hint: str) -> Arrays:
    try:
        loaded = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise WrongUse(f"there is no file {path}", hint=hint) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WrongUse(f"{path.name} is not an .npz file", hint=hint) from error
    if not isinstance(loaded, np.lib.npyio.NpzFile):
        raise WrongUse(f"{path.name} holds one bare array, not an .npz archive with names", hint=hint)
    arrays: Arrays = {}
    with loaded:
        for name in loaded.files:
            try:
                arrays[name] = loaded[name]
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, MemoryError) as error:
                raise WrongUse(
                    f"{path.name}: {name!r} cannot be read (damaged, or an array of Python objects)",
                    hint=hint,
                ) from error
    return arrays


def _generator(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, index])))


def _is_past(dim: str) -> bool:
    return "past" in dim.lower() and "+" not in dim


def _values(spec: TensorSpec, rows: int | None, past: int, random: np.random.Generator) -> NDArray[Any]:
    name, shape, dtype = spec.name.lower(), spec.shape, np.dtype(spec.dtype)
    if "mask" in name or "use_cache" in name:
        return np.ones(shape, dtype)
    if dtype.kind == "f":
        return _picture(shape, random).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    if "position" in name and shape:
        return _positions(shape, rows, past).astype(dtype)
    if rows is not None:
        return random.integers(0, max(rows, 1), shape).astype(dtype)
    if dtype.itemsize == 1:
        info = np.iinfo(dtype)
        return random.integers(info.min, info.max, shape, endpoint=True).astype(dtype)
    if "len" in name:
        return np.ones(shape, dtype)
    return random.integers(0, _UNTRACED_IDS if "id" in name or "token" in name else 2, shape).astype(dtype)


def _picture(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[Any]:
    """Normal values; in the shape of an image half of their variance lies in patches.

    Noise alone averages out in a deep network, whose output then hardly depends on the input.
    """
    fine = random.standard_normal(shape, dtype=np.float32)
    if len(shape) != 4:
        return fine
    rows, columns = (2, 3) if shape[1] <= shape[3] else (1, 2)
    if min(shape[rows], shape[columns]) < 2 * _PATCHES:
        return fine
    coarse_shape = tuple(_PATCHES if axis in (rows, columns) else size for axis, size in enumerate(shape))
    coarse = random.standard_normal(coarse_shape, dtype=np.float32)
    for axis in (rows, columns):
        coarse = np.take(coarse, np.arange(shape[axis]) * _PATCHES // shape[axis], axis=axis)
    return (coarse + fine) / np.float32(np.sqrt(2))


def _positions(shape: tuple[int, ...], rows: int | None, past: int) -> NDArray[Any]:
    """Running positions after the cache, inside the position table where there is one."""
    running = past + np.arange(shape[-1])
    return np.broadcast_to(running if rows is None else np.minimum(running, rows - 1), shape)
