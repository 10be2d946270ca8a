"""What this browser can do on this processor: a floor for each node, and how far above reach its kernels are.

* The floor of a node is the larger of its arithmetic at the measured peak and its bytes at the measured speed
  of a copy that touches as many. Nothing in this browser is faster; few things are as fast.
* What is bound by dispatch takes less than getting from one node to the next.
* Within reach is what a tuned twin was seen to take; of nodes without one, and of those that are too small to
  tell, what they take.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.twins import WEB_TARGETS, Twins, kernels_ms, twins
from gapprof.records.model import NodeCensus
from gapprof.records.twins import TwinNode
from gapprof.stats.contrast import Contrast

Bound = Literal["compute", "memory", "dispatch"]
_OF_BYTES = ("QLinear", "QGemm", "MatMulInteger", "ConvInteger", "DynamicQuantize")
"""Beginnings of the operators whose products are of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The least that a node can take in this browser, and what sets it."""

    ms: float
    bound: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The most that 128-bit wasm was seen to do: medians over rounds, of the faster of the web's targets."""

    operations_per_s: Mapping[str, float]
    """Of `f32` and `int8`."""
    bytes_per_s: Mapping[int, float]
    """By the footprint of the copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """All nodes together, one value per pass."""

    peaks: Peaks
    floors: Mapping[str, Floor]
    """By node; without those whose bytes are not known."""
    kernels_ms: tuple[float, ...]
    reachable_ms: tuple[float, ...]
    lost_ms: Mapping[str, float]
    """Operator → what its nodes take beyond reach, medians over passes; none below 0."""

    @property
    def above(self) -> Contrast:
        """How many times what is within reach the kernels take."""
        pairs = zip(self.kernels_ms, self.reachable_ms, strict=True)
        return Contrast({number: math.log(taken / least) for number, (taken, least) in enumerate(pairs)})


def light(case: Case) -> Light | None:
    """None where no peaks were measured, or the browser's side was not profiled."""
    found, web = case.get(twins), profile_of(case, WEB)
    if found is None or web is None or not found.peaks:
        return None
    peaks = _peaks(found)
    if not {"f32", "int8"} <= peaks.operations_per_s.keys() or not peaks.bytes_per_s:
        return None
    passes = kernels_ms(case, WEB)
    taken = {name: [by[n] for n in sorted(by)] for name, by in passes.items()}
    known = {node.name: node for node in found.nodes}
    reached = {
        name: _reachable(found, known.get(name), values, web.least_told_ms) for name, values in taken.items()
    }
    count = min((len(values) for values in reached.values()), default=0)
    if not count:
        return None
    lost: dict[str, float] = {}
    for name, values in taken.items():
        op_type = web.nodes[name].op_type
        over = median(values[:count]) - median(reached[name][:count])
        lost[op_type] = lost.get(op_type, 0.0) + max(0.0, over)
    dispatch_ms = (web.dispatch_us_per_node or 0.0) / 1000
    return Light(
        peaks=peaks,
        floors={
            row.name: floor
            for row in case.recording.begin.model.nodes
            if row.name in taken and (floor := _floor(row, peaks, dispatch_ms)) is not None
        },
        kernels_ms=_sums(taken.values(), count),
        reachable_ms=_sums(reached.values(), count),
        lost_ms=lost,
    )


def _peaks(found: Twins) -> Peaks:
    operations: dict[str, float] = {}
    copies: dict[int, float] = {}
    for peak in found.peaks:
        times = [found.ms.get(target, {}).get(peak.shape, {}) for target in WEB_TARGETS]
        best_ms = min((median(by_round.values()) for by_round in times if by_round), default=None)
        if not best_ms:
            continue
        if peak.measures == "bytes":
            copies[int(peak.amount)] = peak.amount / best_ms * 1e3
        else:
            operations[peak.measures] = peak.amount / best_ms * 1e3
    return Peaks(operations_per_s=operations, bytes_per_s=copies)


def _reachable(found: Twins, node: TwinNode | None, values: Sequence[float], least_ms: float) -> list[float]:
    """By pass: the node's faster twin, where it has one that is the faster and the node is large enough."""
    if node is None or not node.parts or median(values) < least_ms:
        return list(values)
    of_twins = [found.node_ms(node, target) for target in WEB_TARGETS]
    columns = [[by_round[n] for n in sorted(by_round)] for by_round in of_twins if by_round]
    best = min(columns, key=median, default=None)
    return list(values) if best is None or median(best) >= median(values) else best


def _floor(row: NodeCensus, peaks: Peaks, dispatch_ms: float) -> Floor | None:
    if row.bytes is None:
        return None
    element = "int8" if row.op_type.startswith(_OF_BYTES) else "f32"
    compute_ms = (row.flops or 0) / peaks.operations_per_s[element] * 1e3
    sizes = sorted(peaks.bytes_per_s)
    holds = next((size for size in sizes if size >= row.bytes), sizes[-1])
    memory_ms = row.bytes / peaks.bytes_per_s[holds] * 1e3
    least = max(compute_ms, memory_ms)
    if dispatch_ms > least:
        return Floor(ms=least, bound="dispatch")
    return Floor(ms=least, bound="compute" if compute_ms >= memory_ms else "memory")


def _sums(columns: Iterable[Sequence[float]], count: int) -> tuple[float, ...]:
    rows = list(columns)
    return tuple(math.fsum(row[number] for row in rows) for number in range(count))
