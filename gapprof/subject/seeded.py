"""Seeded inputs that a model can make something of: ids inside their tables, masks of ones, pictures."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from gapprof.records.model import TensorSpec
from gapprof.subject.dims import Resolved, past_length
from gapprof.subject.npz import Arrays
from gapprof.subject.ranges import table_rows

_PATCHES = 8
"""Along each side of a seeded image."""
_UNTRACED_IDS = 100
"""Upper bound of an id input whose table cannot be found: every vocabulary has this many."""


def seeded_inputs(graph: onnx.GraphProto, resolved: Resolved, seed: int) -> Arrays:
    """One array per input; the same seed gives the same values, other seeds give others."""
    past = past_length(resolved.symbols)
    return {
        spec.name: _values(spec, table_rows(graph, spec.name), past, _generator(seed, index))
        for index, spec in enumerate(resolved.inputs)
    }


def _generator(seed: int, index: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed % 2**64, index])))


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
