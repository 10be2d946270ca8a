"""What narrower vectors cost this CPU, where onnxruntime cannot be held to them: estimated from OpenBLAS.

OpenBLAS comes with numpy and can be told which processor to compute for. How much longer its 128-bit kernels
take than its own choice tracks onnxruntime's GEMM kernels; it says nothing about other operators.
"""

import platform
import statistics
import subprocess
import time
from dataclasses import dataclass

import msgspec

from gapprof.native.gemm import GemmTimes
from gapprof.native.python import module_command, own_environment

_AUTOMATIC = ""  # set in any case: the user's own OPENBLAS_CORETYPE would distort the comparison
_CORES_128 = ("Nehalem", "Prescott")
"""Both 128-bit; which has the better kernel depends on the shape."""
_ROUNDS = 3
_LEAST_RATIO = 1.1
_METHOD = (
    "OpenBLAS float32 products on one thread of this CPU: the better of its 128-bit kernels "
    f"({', '.join(_CORES_128)}) against its own choice, geometric mean over three shapes"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IsaRatio:
    """128-bit over full-width GEMM time; None when it cannot be told, and why or how in words."""

    ratio: float | None
    why: str
    by_round: tuple[float, ...] = ()
    """The same from each round alone; empty where it is no measurement."""


def measured_isa_ratio(*, deadline_s: float) -> IsaRatio:
    """Estimate the ratio on this CPU in fresh processes, in a few seconds and never beyond the deadline."""
    machine = platform.machine().lower()
    if machine in {"arm64", "aarch64"}:
        return width_on_arm64()
    if machine not in {"x86_64", "amd64"}:
        return IsaRatio(ratio=None, why=f"nothing is known about the vectors of {machine}")
    end = time.monotonic() + deadline_s
    try:
        rounds = [_round(end) for _ in range(_ROUNDS)]
    except (subprocess.SubprocessError, msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        return IsaRatio(ratio=None, why=f"numpy's GEMM could not be timed: {error}")
    return _ratio(rounds)


def width_on_arm64() -> IsaRatio:
    """1 by definition: NEON, which onnxruntime's float32 kernels use on arm64, has 128 bits like wasm."""
    return IsaRatio(ratio=1.0, why="float32 vectors are 128 bits wide on arm64, as in wasm: 1 by definition")


def _round(end: float) -> dict[str, GemmTimes]:
    """One visit to each core; visits alternate so that a change of clock rate meets all alike."""
    return {core: _times(core, end - time.monotonic()) for core in (_AUTOMATIC, *_CORES_128)}


def _times(core: str, patience_s: float) -> GemmTimes:
    done = subprocess.run(
        module_command("gapprof.native.gemm"),
        env={**own_environment(), "OPENBLAS_CORETYPE": core},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=max(patience_s, 0.0),
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=GemmTimes)


def _ratio(rounds: list[dict[str, GemmTimes]]) -> IsaRatio:
    blas = rounds[0][_AUTOMATIC].blas
    if "openblas" not in blas.lower():
        return IsaRatio(
            ratio=None, why=f"numpy uses {blas or 'an unknown BLAS'} here; only OpenBLAS can be held"
        )
    ratio = _narrow_over_full(rounds)
    if ratio < _LEAST_RATIO:
        return IsaRatio(
            ratio=None, why="OpenBLAS took no notice of the processor that it was told to compute for"
        )
    return IsaRatio(ratio=ratio, why=_METHOD, by_round=tuple(_narrow_over_full([one]) for one in rounds))


def _narrow_over_full(rounds: list[dict[str, GemmTimes]]) -> float:
    full = _best([times[_AUTOMATIC] for times in rounds])
    narrow = _best([times[core] for times in rounds for core in _CORES_128])
    return statistics.geometric_mean(b / a for a, b in zip(full, narrow, strict=True))


def _best(measured: list[GemmTimes]) -> list[float]:
    return [min(times) for times in zip(*(m.best_ms for m in measured), strict=True)]
