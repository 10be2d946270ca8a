"""What one visit or process is asked to time, in one form for both sides."""

from msgspec import Struct

from gapprof.kernels.family import Tile
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import Machine
from gapprof.yardstick.buffers import Memory, Need, alone, calls
from gapprof.yardstick.shapes import family_of, shape_of


class Wanted(Struct, frozen=True, kw_only=True):
    """One loop nest with one schedule."""

    shape: str
    tile: Tile

    def kernel(self, machine: Machine) -> Kernel:
        """The nest for a machine."""
        shape = shape_of(self.shape)
        return family_of(shape).kernel(shape, self.tile, machine)

    def calls(self, memory: Memory) -> tuple[tuple[int, ...], ...]:
        """Its arguments."""
        need = need_of(self.shape)
        return (alone(need, memory),) if family_of(shape_of(self.shape)).alone else calls(need, memory)


def need_of(key: str) -> Need:
    """Of a shape by its name."""
    shape = shape_of(key)
    family = family_of(shape)
    return Need(sizes=family.buffers(shape), weights=family.weights(shape))


class Effort(Struct, frozen=True, kw_only=True):
    """How long each loop nest is timed."""

    warmup_ms: float
    sample_ms: float
    samples: int
    given_up: float = 0.0
    """Of candidates for one target: times the fastest, above which one is timed no more. 0: none is."""


TUNING = Effort(warmup_ms=12.0, sample_ms=4.0, samples=3, given_up=1.4)
"""An engine has compiled a hot kernel after 15 to 30 ms (measured in Chromium 156), on another thread:
candidates warm up in turns, so that all the others run meanwhile."""
TIMING = Effort(warmup_ms=40.0, sample_ms=5.0, samples=7)
PROGRAM = Effort(warmup_ms=800.0, sample_ms=5.0, samples=7)
"""Every kernel of it has to be compiled, and each is called once or twice in a run."""
NATIVE_TIMING = Effort(warmup_ms=10.0, sample_ms=5.0, samples=7)
NATIVE_TUNING = Effort(warmup_ms=2.0, sample_ms=2.0, samples=3, given_up=1.4)
"""Nothing compiles meanwhile, and a candidate's compiling takes longer than that."""
