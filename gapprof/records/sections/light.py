"""Speed of light: what this browser could do at best. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate


class OperatorLoss(Struct, frozen=True, kw_only=True):
    """What the nodes of one operator take beyond what is within reach."""

    op_type: str
    ms: float
    share: float
    """Of what all operators do."""


class StreamSpeed(Struct, frozen=True, kw_only=True):
    """How fast so many bytes were seen to be read or copied over and over, whichever is faster."""

    footprint_bytes: int
    bytes_per_s: float


class SpeedOfLight(Struct, frozen=True, kw_only=True):
    """What this browser can do on this processor, in 128-bit wasm and one thread."""

    verdict: Literal["expected", "above", "unclear"]
    """`expected`: at most 1.5 times what is within reach; `above`: more than that; `unclear`: the interval
    holds that, too little of the kernels' time can be told, or the passes had another pace than rounds."""
    above: Estimate | None
    """How many times what is within reach the nodes take that can be told; None below two passes."""
    share: float
    """Of the kernels' time that these take: with a twin, and large against what the profiler adds."""
    kernels_ms: float
    """onnxruntime-web's, all nodes."""
    told_ms: float
    """Those that can be told."""
    reachable_ms: float
    """The same nodes, each as its tuned twin where that was seen to take less."""
    floor_ms: float
    """Sum over the nodes that have a floor."""
    losses: tuple[OperatorLoss, ...]
    """The largest first."""
    operations_per_s: dict[str, float]
    """Measured peaks, of `f32` and of `int8`; a multiply-add is two."""
    streams: tuple[StreamSpeed, ...]
    """The smallest footprint first."""
