"""Rows and words of the table of shaders that a run leaves."""

from gapprof.records.gpu_yardstick import GpuKernelRow, GpuKernels
from gapprof.records.surface import Surface
from gapprof.terminal.gpu_kernels import drawn
from tests.unit.gpu_kernels.runs import LIBRARY

TOTAL_MS = sum(ms for _, ms in LIBRARY)


def row(kernels: GpuKernels, name: str) -> GpuKernelRow:
    return next(one for one in kernels.rows if name in one.nodes)


def text_of(kernels: GpuKernels) -> str:
    return " ".join(drawn(kernels, Surface(width=120)).split())
