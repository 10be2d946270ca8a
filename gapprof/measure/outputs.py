"""The output gate: what every rung computed, against one reference, before any time counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gapprof.records.trial import OutputCheck

REFERENCES = ("native-128", "native-cpu", "native-extended", "native-threads", "native", "web-worker")
"""Whose outputs the others are held against; the first that gave any (exact integers at 128 bits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What everybody else is compared with."""

    rung: str
    path: Path


def outputs_of(folder: Path, rung: str) -> Path:
    """Where the outputs of a rung lie once it was visited."""
    return folder / f"{rung}.npz"


def reference_in(folder: Path) -> Reference | None:
    """Of the outputs that rungs have left there; None while there are none."""
    found = ((rung, outputs_of(folder, rung)) for rung in REFERENCES)
    return next((Reference(rung=rung, path=path) for rung, path in found if path.exists()), None)


def compare(rung: str, path: Path, reference_rung: str, reference_path: Path) -> tuple[OutputCheck, ...]:
    """One check per output of the reference. A missing output counts as another shape."""
    with np.load(path, allow_pickle=False) as found, np.load(reference_path, allow_pickle=False) as wanted:
        have: Mapping[str, NDArray[Any]] = {name: found[name] for name in found.files}
        return tuple(
            _check(rung, reference_rung, name, have.get(name), wanted[name]) for name in wanted.files
        )


def cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Of two tensors as vectors; 1 where both are 0."""
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not norms:
        return float(np.array_equal(a, b))
    return max(-1.0, min(1.0, float(np.dot(a.ravel(), b.ravel())) / norms))


def _check(
    rung: str, reference_rung: str, name: str, found: NDArray[Any] | None, wanted: NDArray[Any]
) -> OutputCheck:
    same_shape = found is not None and found.shape == wanted.shape
    if found is None or not same_shape:
        return OutputCheck(
            rung=rung,
            reference=reference_rung,
            output=name,
            dtype=str(wanted.dtype),
            elements=int(wanted.size),
            same_shape=False,
            same_nan_positions=False,
            nan_count=0,
            max_abs_difference=0.0,
            max_abs_reference=0.0,
            exact=False,
        )
    a, b = _as_float(found), _as_float(wanted)
    both = np.isfinite(a) & np.isfinite(b)
    same_odd = bool(np.array_equal(a[~both], b[~both], equal_nan=True))
    vectors = wanted.dtype.kind == "f" and same_odd and bool(both.any())
    last = wanted.ndim >= 1 and wanted.shape[-1] > 1 and bool(both.all())
    return OutputCheck(
        rung=rung,
        reference=reference_rung,
        output=name,
        dtype=str(wanted.dtype),
        elements=int(wanted.size),
        same_shape=True,
        same_nan_positions=same_odd,
        nan_count=int(np.isnan(b).sum()),
        max_abs_difference=_largest(np.abs(np.where(both, a, 0.0) - np.where(both, b, 0.0))),
        max_abs_reference=_largest(np.abs(np.where(both, b, 0.0))),
        exact=bool(np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f")),
        cosine=cosine(a[both], b[both]) if vectors else None,
        argmax_same=bool((a.argmax(-1) == b.argmax(-1)).all()) if last else None,
    )


def _as_float(array: NDArray[Any]) -> NDArray[np.float64]:
    return array.astype(np.float64)


def _largest(values: NDArray[np.float64]) -> float:
    return float(values.max(initial=0.0))
