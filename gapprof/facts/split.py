"""From native code at 128 bits to the browser's kernels: encoding, engine and library, told apart by twins.

For a node n with twins, as wasm w, as AVX-encoded native code a and as SSE-encoded s, all the same loop nest:

* encoding s/a: onnxruntime held to 128 bits is SSE code, which wasm is not; taken out of it.
* engine w/a: what native's own kernel would take more if the engine compiled it.
* library: what is left up to the browser's kernel; equally (web / w) / (native-128 / s).

Nodes without twins stay as they are, in the residual.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

from gapprof.facts.case import Case
from gapprof.facts.profiles import CAPPED, WEB
from gapprof.facts.twins import ENGINE, SSE, ByRound, Twins, kernels_ms, twins
from gapprof.facts.wasm import served_simd
from gapprof.records.twins import TwinNode


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSplit:
    """One node in ms by pass: natively at 128 bits, without the encoding, and as the engine would run it."""

    name: str
    capped_ms: tuple[float, ...]
    encoded_ms: tuple[float, ...]
    engine_ms: tuple[float, ...]

    def first(self, passes: int) -> "NodeSplit":
        """The same by fewer passes."""
        return NodeSplit(
            name=self.name,
            capped_ms=self.capped_ms[:passes],
            encoded_ms=self.encoded_ms[:passes],
            engine_ms=self.engine_ms[:passes],
        )

    def ratio(self, place_ms: tuple[float, ...]) -> float:
        """How many times the time natively at 128 bits; the geometric mean over passes."""
        return geometric_mean(a / b for a, b in zip(place_ms, self.capped_ms, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Nodes with twins in all that is needed; every tuple has one value per pass."""

    nodes: tuple[NodeSplit, ...]
    rest_by_pass_ms: tuple[float, ...]
    """What the other nodes take more in the browser than natively at 128 bits."""

    @property
    def encoding_by_pass_ms(self) -> tuple[float, ...]:
        """What AVX encoding takes off."""
        return self._sums(lambda node: node.encoded_ms)

    @property
    def engine_by_pass_ms(self) -> tuple[float, ...]:
        """The same less what the engine adds."""
        return self._sums(lambda node: node.engine_ms)

    def _sums(self, of: Callable[[NodeSplit], tuple[float, ...]]) -> tuple[float, ...]:
        """Over all nodes, what is to be taken off native's time at 128 bits to get there."""
        columns = ([a - b for a, b in zip(node.capped_ms, of(node), strict=True)] for node in self.nodes)
        return tuple(math.fsum(column) for column in zip(*columns, strict=False))


def split(case: Case) -> Split | None:
    """None without twins of both sides, and for a build without SIMD, whose library is another matter."""
    found = case.get(twins)
    if found is None or served_simd(case) is False:
        return None
    capped, web = kernels_ms(case, CAPPED), kernels_ms(case, WEB)
    nodes = [
        one
        for node in found.nodes
        if node.name in capped and node.name in web
        if (one := _node(found, node, capped[node.name])) is not None
    ]
    if not nodes:
        return None
    names = {node.name for node in nodes}
    seen_in_web = min((len(by_round) for by_round in web.values()), default=0)
    count = min(seen_in_web, *(len(node.capped_ms) for node in nodes))
    if not count:
        return None
    nodes = [node.first(count) for node in nodes]
    sums = (_of_the_others(one, names, count) for one in (web, capped))
    rest = tuple(there - here for there, here in zip(*sums, strict=True))
    return Split(nodes=tuple(nodes), rest_by_pass_ms=rest)


def _of_the_others(profile: Mapping[str, ByRound], names: set[str], count: int) -> list[float]:
    """By pass: the sum over nodes that are not named."""
    columns = [_values(by_round) for name, by_round in profile.items() if name not in names]
    return [
        math.fsum(column[number] for column in columns if number < len(column)) for number in range(count)
    ]


def _node(found: Twins, node: TwinNode, capped: ByRound) -> NodeSplit | None:
    """Passes and rounds of twins are paired in order: both are independent looks at one thing."""
    ends = next((pair for pair in ENGINE if pair[0] in found.ms and pair[1] in found.ms), None)
    if ends is None:
        return None
    wasm, native = (_values(found.node_ms(node, target)) for target in ends)
    encoded = _values(found.node_ms(node, SSE)) if SSE in found.ms else native
    columns = (_values(capped), wasm, native, encoded)
    count = min(len(column) for column in columns)
    if not count or any(
        value <= 0 for column in (capped.values(), wasm, native, encoded) for value in column
    ):
        return None
    rows = list(zip(*(column[:count] for column in columns), strict=True))
    return NodeSplit(
        name=node.name,
        capped_ms=tuple(row[0] for row in rows),
        encoded_ms=tuple(row[0] * row[2] / row[3] for row in rows),
        engine_ms=tuple(row[0] * row[1] / row[3] for row in rows),
    )


def _values(by_round: ByRound) -> Sequence[float]:
    return [by_round[number] for number in sorted(by_round)]
