"""From native code at 128 bits to the browser's kernels: encoding, engine and library, told apart by twins.

For a node n with twins: as wasm w, with the schedule that is the best in the browser; the same loop as
AVX-encoded native code a; the best loop as SSE-encoded native code s, and that as AVX-encoded native code t.

* encoding s/t: onnxruntime held to 128 bits is SSE code, which wasm is not; taken out of it. It is read off a
  loop that suits SSE, as native's kernels do: one that suits the browser pays more for being SSE code.
* engine w/a: what native's own kernel would take more if the engine compiled it.
* library (web / w) / (native-128 / s): each kernel against the best loop of ours on its side, at one ceiling.
  A relaxed multiply-add is above that of native-128, which has none.
* residual a/t, signed: what the browser's schedule costs as native code, beside the one that suits that.

They multiply to web / native-128. In recordings without t, s has the browser's schedule as a has; then the
encoding is s/a and the library all that is left, and nobody knows the residual.

All of it is read in the rounds in which the model was profiled beside the twins: machines change their speed.
Nodes without twins stay as they are, in the residual.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import geometric_mean

from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, WEB, profile_of
from gapprof.facts.twins import AVX_AS_SSE, ENGINE, SSE, ByRound, Twins, twins
from gapprof.facts.wasm import served_simd
from gapprof.records.twins import TwinNode


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSplit:
    """One node in ms by round: natively at 128 bits, without the encoding, as the engine would run it, and as
    it would with loops that suit the engine as well as native's suit native code."""

    name: str
    capped_ms: tuple[float, ...]
    encoded_ms: tuple[float, ...]
    engine_ms: tuple[float, ...]
    suited_ms: tuple[float, ...]

    def ratio(self, place_ms: tuple[float, ...]) -> float:
        """How many times the time natively at 128 bits; the geometric mean over rounds."""
        return geometric_mean(a / b for a, b in zip(place_ms, self.capped_ms, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Nodes with twins in all that is needed; every tuple has one value per round."""

    rounds: tuple[int, ...]
    nodes: tuple[NodeSplit, ...]
    tuned_natively: bool
    """Whether schedules were looked for as native code, too; otherwise `suited_ms` says nothing more."""
    capped_run_ms: tuple[float, ...]
    """A run natively at 128 bits, without the profiler."""
    rest: ByRound
    """What the other nodes take more in the browser than natively at 128 bits, by a run in the browser."""

    @property
    def encoding(self) -> ByRound:
        """The share of a run natively at 128 bits that AVX encoding takes off."""
        return self._shares(lambda node: node.encoded_ms)

    @property
    def engine(self) -> ByRound:
        """The same less what the engine adds."""
        return self._shares(lambda node: node.engine_ms)

    @property
    def suited(self) -> ByRound:
        """The same with loops that suit the engine."""
        return self._shares(lambda node: node.suited_ms)

    def _shares(self, of: Callable[[NodeSplit], tuple[float, ...]]) -> ByRound:
        """Over all nodes, what is to be taken off native's run at 128 bits to get there."""
        columns = ([a - b for a, b in zip(node.capped_ms, of(node), strict=True)] for node in self.nodes)
        off_ms = (math.fsum(column) for column in zip(*columns, strict=True))
        rows = zip(self.rounds, off_ms, self.capped_run_ms, strict=True)
        return {number: off / run for number, off, run in rows}


def split(case: Case) -> Split | None:
    """None where no round has twins of both sides and the profiles, and for a build without SIMD.

    The library of such a build is another matter.
    """
    found, capped, web = case.get(twins), profile_of(case, CAPPED), profile_of(case, WEB)
    if found is None or capped is None or web is None or served_simd(case) is False:
        return None
    ends = next((pair for pair in ENGINE if pair[0] in found.ms and pair[1] in found.ms), None)
    if ends is None:
        return None
    own = [target for target in (SSE, AVX_AS_SSE) if target in found.ms]
    rounds = found.shared_rounds((*ends, *own), capped.run_by_pass_ms, web.run_by_pass_ms)
    nodes = tuple(
        one
        for node in found.nodes
        if node.name in capped.nodes and node.name in web.nodes
        if (one := _node(found, node, capped.nodes[node.name].by_pass_ms, ends, rounds)) is not None
    )
    if not nodes:
        return None
    names = {node.name for node in nodes}
    rest = {}
    for number in rounds:
        there, here = (
            math.fsum(
                node.by_pass_ms.get(number, 0.0) for name, node in side.nodes.items() if name not in names
            )
            for side in (web, capped)
        )
        rest[number] = (there - here) / web.run_by_pass_ms[number]
    return Split(
        rounds=rounds,
        nodes=nodes,
        tuned_natively=AVX_AS_SSE in found.ms,
        capped_run_ms=tuple(capped.run_by_pass_ms[number] for number in rounds),
        rest=rest,
    )


def _node(
    found: Twins, node: TwinNode, capped: ByRound, ends: tuple[str, str], rounds: tuple[int, ...]
) -> NodeSplit | None:
    """None where a round lacks it, on whichever side."""
    wasm, native = (found.node_undisturbed_ms(node, target) for target in ends)
    encoded = found.node_undisturbed_ms(node, SSE) if SSE in found.ms else native
    as_encoded = found.node_undisturbed_ms(node, AVX_AS_SSE) if AVX_AS_SSE in found.ms else native
    columns: tuple[Mapping[int, float], ...] = (capped, wasm, native, encoded, as_encoded)
    if not rounds or any(column.get(number, 0.0) <= 0 for column in columns for number in rounds):
        return None
    rows = [tuple(column[number] for column in columns) for number in rounds]
    engine_ms = tuple(cap * t / s * w / a for cap, w, a, s, t in rows)
    return NodeSplit(
        name=node.name,
        capped_ms=tuple(cap for cap, *_ in rows),
        encoded_ms=tuple(cap * t / s for cap, _, _, s, t in rows),
        engine_ms=engine_ms,
        suited_ms=engine_ms if as_encoded is native else tuple(cap * w / s for cap, w, _, s, _ in rows),
    )
