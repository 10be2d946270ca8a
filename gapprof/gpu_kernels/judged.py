"""Which shaders give what they must, and which of these is the fastest. Pure."""

from collections.abc import Iterable
from statistics import median

from gapprof.records.gpu_kernels import GpuKernelTime

_TOLERANCE = 1e-4
"""Of the largest number that must come out: f32 sums in another order, and WGSL's own exp and tanh, stay a
tenth below it."""


def most_apart(largest: float) -> float:
    """The largest difference of a shader that is right, by the largest number that must come out."""
    return _TOLERANCE * largest


def was_run(time: GpuKernelTime) -> bool:
    """Whether its output was compared."""
    return time.difference is not None


def is_right(time: GpuKernelTime) -> bool:
    """Whether it gave what numpy gives, in every element."""
    return time.difference is not None and time.odd == 0 and time.difference <= most_apart(time.largest)


def took_ms(time: GpuKernelTime) -> float | None:
    """Of a dispatch, the median over rounds; None without times of a clock that did not go backwards."""
    forwards = [ns for ns in time.samples_ns if ns >= 0]
    return median(forwards) / 1e6 if forwards else None


def best(times: Iterable[GpuKernelTime]) -> dict[str, GpuKernelTime]:
    """Shape → the fastest of those that are right, and of which the clock shows that they took time."""
    found: dict[str, tuple[float, GpuKernelTime]] = {}
    for one in times:
        ms = took_ms(one)
        if is_right(one) and ms and (one.shape not in found or ms < found[one.shape][0]):
            found[one.shape] = ms, one
    return {shape: one for shape, (_, one) in found.items()}


def settled(times: Iterable[GpuKernelTime]) -> frozenset[str]:
    """Shapes of which every shader was timed or refused: the fastest of them need not be looked for again."""
    seen = tuple(times)
    return frozenset(one.shape for one in seen) - {one.shape for one in seen if not _is_done(one)}


def _is_done(time: GpuKernelTime) -> bool:
    return not time.late and (not was_run(time) or bool(time.samples_ns))
