"""Times a few matrix products of numpy. `python -m gapprof.native.gemm`, one process per OpenBLAS core."""

import functools
import sys

import msgspec
import numpy as np
from msgspec import Struct

from gapprof.native.stopwatch import elapsed_ms

SHAPES = ((128, 256, 256), (512, 512, 512), (3136, 64, 64))
"""Rows, inner, columns: a projection of a small encoder, a square, a 1x1 convolution."""
_WARM_UP, _RUNS = 2, 8


class GemmTimes(Struct, frozen=True, kw_only=True):
    """Best ms per shape, and the name of the BLAS that numpy was built with."""

    blas: str
    best_ms: tuple[float, ...]


def best_ms(rows: int, inner: int, columns: int) -> float:
    """Best of a few runs of one float32 product."""
    a = np.linspace(-1, 1, rows * inner, dtype=np.float32).reshape(rows, inner)
    b = np.linspace(-1, 1, inner * columns, dtype=np.float32).reshape(inner, columns)
    product = functools.partial(np.matmul, a, b)
    for _ in range(_WARM_UP):
        product()
    return min(elapsed_ms(product) for _ in range(_RUNS))


def blas_name() -> str:
    """`scipy-openblas`, `accelerate`, `mkl`, ... as numpy's build says; empty when it does not."""
    configuration = np.show_config(mode="dicts") or {}
    name: str = configuration.get("Build Dependencies", {}).get("blas", {}).get("name", "")
    return name


def main() -> None:
    """Print one line of JSON."""
    times = GemmTimes(blas=blas_name(), best_ms=tuple(best_ms(*shape) for shape in SHAPES))
    sys.stdout.buffer.write(msgspec.json.encode(times))


if __name__ == "__main__":
    main()
