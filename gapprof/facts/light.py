"""What this browser can do on this processor: a floor for each node, and how far above reach its kernels are.

* The floor of a node is the larger of its arithmetic at the measured peak and its bytes at the fastest that
  so many were read or copied by 128-bit loads and stores. A library cannot be blamed for what lies below it.
* What is bound by dispatch takes less than getting from one node to the next.
* Within reach is what a tuned twin was seen to take. Nodes without one, and those that are too small to tell,
  are no part of the comparison; `share` is what is left.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.facts.twins import WEB_TARGETS, ByRound, Twins, kernels_ms, twins
from gapprof.records.model import NodeCensus
from gapprof.stats.contrast import Contrast

Bound = Literal["compute", "memory", "dispatch"]
_OF_BYTES = ("QLinear", "QGemm", "MatMulInteger", "ConvInteger", "DynamicQuantize")
"""Beginnings of the operators whose products are of bytes."""
_VIEWS = frozenset(
    ("Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout", "Shape", "Size", "Gather", "Slice")
)
"""That touch less than their tensors hold: how much is not in their shapes."""


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
    """Read or copied, whichever is faster, by footprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """All nodes together, in the rounds in which the model was profiled beside its twins."""

    peaks: Peaks
    floors: Mapping[str, Floor]
    """By node."""
    why_no_floor: Mapping[str, str]
    """Of the other nodes."""
    kernels_ms: float
    """Of all nodes, the median over rounds."""
    told_ms: ByRound
    """Of the nodes with a twin that are large enough to tell."""
    reachable_ms: ByRound
    """The same nodes, each as its tuned twin where that was seen to take less."""
    lost_ms: Mapping[str, float]
    """Operator → what its nodes take beyond reach, medians over rounds; only those that take more."""

    @property
    def share(self) -> float:
        """How much of the kernels' time is compared."""
        return median(self.told_ms.values()) / self.kernels_ms if self.kernels_ms > 0 else 0.0

    @property
    def above(self) -> Contrast | None:
        """How many times what is within reach they take; None below two rounds."""
        pairs = {number: (taken, self.reachable_ms[number]) for number, taken in self.told_ms.items()}
        if len(pairs) < 2 or any(taken <= 0 or least <= 0 for taken, least in pairs.values()):
            return None
        return Contrast({number: math.log(taken / least) for number, (taken, least) in pairs.items()})


def light(case: Case) -> Light | None:
    """None where no peaks were measured, or no round has both twins and a profile of the browser's side."""
    found, web = case.get(twins), profile_of(case, WEB)
    if found is None or web is None or not found.peaks:
        return None
    peaks = _peaks(found)
    if not {"f32", "int8"} <= peaks.operations_per_s.keys() or not peaks.bytes_per_s:
        return None
    timed = [target for target in WEB_TARGETS if target in found.ms]
    rounds = found.shared_rounds(timed, web.run_by_pass_ms)
    if not rounds:
        return None
    taken = {name: _in(rounds, by_round) for name, by_round in kernels_ms(case, WEB).items()}
    taken = {name: by_round for name, by_round in taken.items() if by_round}
    reached = dict(_reached(found, taken, timed, web.least_told_ms))
    lost: dict[str, float] = {}
    for name, by_round in reached.items():
        op_type = web.nodes[name].op_type
        over = median(taken[name].values()) - median(by_round.values())
        lost[op_type] = lost.get(op_type, 0.0) + over
    dispatch_ms = (web.dispatch_us_per_node or 0.0) / 1000
    floors: dict[str, Floor] = {}
    why: dict[str, str] = {}
    for row in case.recording.begin.model.nodes:
        if row.name in taken:
            floor = _floor(row, peaks, dispatch_ms, median(taken[row.name].values()))
            if isinstance(floor, str):
                why[row.name] = floor
            else:
                floors[row.name] = floor
    return Light(
        peaks=peaks,
        floors=floors,
        why_no_floor=why,
        kernels_ms=math.fsum(median(by_round.values()) for by_round in taken.values()),
        told_ms={number: math.fsum(taken[name][number] for name in reached) for number in rounds},
        reachable_ms={number: math.fsum(one[number] for one in reached.values()) for number in rounds},
        lost_ms={op_type: ms for op_type, ms in lost.items() if ms > 0},
    )


def _peaks(found: Twins) -> Peaks:
    operations: dict[str, float] = {}
    streams: dict[int, float] = {}
    for peak in found.peaks:
        times = [found.ms.get(target, {}).get(peak.shape, {}) for target in WEB_TARGETS]
        best_ms = min((median(by_round.values()) for by_round in times if by_round), default=None)
        if not best_ms:
            continue
        rate = peak.amount / best_ms * 1e3
        if peak.measures == "bytes":
            streams[int(peak.amount)] = max(rate, streams.get(int(peak.amount), 0.0))
        else:
            operations[peak.measures] = max(rate, operations.get(peak.measures, 0.0))
    return Peaks(operations_per_s=operations, bytes_per_s=streams)


def _reached(
    found: Twins, taken: Mapping[str, ByRound], targets: Sequence[str], least_ms: float
) -> Iterator[tuple[str, ByRound]]:
    """Of the nodes that can be told: the faster twin, or the node itself where that is no faster."""
    for node in found.nodes:
        own = taken.get(node.name)
        if not own or median(own.values()) < least_ms:
            continue
        twinned = [_in(tuple(own), found.node_ms(node, target)) for target in targets]
        best = min((one for one in twinned if one), key=_middle, default=None)
        if best is not None:
            yield node.name, best if _middle(best) < _middle(own) else own


def _floor(row: NodeCensus, peaks: Peaks, dispatch_ms: float, taken_ms: float) -> Floor | str:
    """Or why there is none."""
    if row.bytes is None:
        return "its bytes are not known"
    if row.op_type in _VIEWS:
        return "how many of its bytes it touches is not known"
    element = "int8" if row.op_type.startswith(_OF_BYTES) else "f32"
    compute_ms = (row.flops or 0) / peaks.operations_per_s[element] * 1e3
    sizes = sorted(peaks.bytes_per_s)
    held = max((size for size in sizes if size <= row.bytes), default=sizes[0])
    memory_ms = row.bytes / peaks.bytes_per_s[held] * 1e3
    least = max(compute_ms, memory_ms)
    if least > max(taken_ms, 0.0):
        return "it takes less than the measured peaks allow: too small to tell, or seen in a faster moment"
    if dispatch_ms > least:
        return Floor(ms=least, bound="dispatch")
    return Floor(ms=least, bound="compute" if compute_ms >= memory_ms else "memory")


def _in(rounds: Sequence[int], by_round: ByRound) -> ByRound:
    """Empty where one of them is lacking."""
    if any(number not in by_round for number in rounds):
        return {}
    return {number: by_round[number] for number in rounds}


def _middle(by_round: ByRound) -> float:
    return median(by_round.values())
