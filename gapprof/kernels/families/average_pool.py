"""The mean of the elements under each window of padded planes."""

from gapprof.kernels.families.max_pool import MaxPool, pool_buffers, pool_words, pooled
from gapprof.kernels.family import PLAIN, Family, always
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import Machine


class AveragePool(MaxPool, frozen=True, kw_only=True, tag="average-pool"):
    """As the other pool, in f32; the border counts as elements of 0."""

    def __post_init__(self) -> None:
        if self.element != "f32":
            raise ValueError("bytes have no mean here")


def average_pool(shape: AveragePool, machine: Machine) -> Kernel:
    """The loop nest."""
    share = 1 / (shape.kernel[0] * shape.kernel[1])
    return pooled(shape, machine, "add", lambda total: total * share)


FAMILY = Family(
    kind=AveragePool,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: average_pool(shape, machine),
    buffers=pool_buffers,
    words=pool_words,
)
