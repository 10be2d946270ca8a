"""Where native code held to 128 bits loses more than vectors can account for: it lacks kernels there. Pure.

How much wider vectors can give is counted: their width over 128 bits, times the instructions that one fused
one stands for. A fused multiply-add (FMA) is one in place of `mulps` and `addps`; `vpdpbusd` (VNNI) one in
place of `pmaddubsw`, `pmaddwd` and `paddd`. Both come with AVX encoding alone (Intel SDM, volume 2), which
native code held to 128 bits goes without.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.kernel_excess import excess_by_node
from gapprof.facts.operators import Node, join
from gapprof.facts.readings import read
from gapprof.records.estimate import Estimate
from gapprof.stats.contrast import Weights

ENCODING = 1.3
"""How many times as long a loop takes in two-operand SSE encoding as in AVX encoding, at most (measured)."""
_WIDTHS: tuple[tuple[frozenset[str], int], ...] = (
    (frozenset({"avx512f"}), 512),
    (frozenset({"avx2", "avx"}), 256),
)
"""Flags, any of them, and the widest vectors that they stand for; the better ones first."""
_FUSED: tuple[tuple[frozenset[str], int], ...] = (
    (frozenset({"avx512_vnni", "avx512vnni", "avx_vnni", "avxvnni"}), 3),
    (frozenset({"fma"}), 2),
)
"""The same, and how many instructions one of theirs stands for."""
_CONVERTS = "Cast"
"""To float16 and back it is natively one instruction (F16C) that has AVX encoding alone, and wasm has none:
no kernel could make up for it."""
_LEAST_SHARE = 0.05
"""Of the time at 128 bits: what takes less does not make a model lose more than vectors can."""
_TILES = frozenset({"amx_tile", "amx_int8", "amx_bf16"})
"""Products of matrices in one instruction: not of vectors, and out of the count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorBound:
    """The most that going from this processor's vectors to 128 bits of SSE can cost, without the encoding."""

    width_bits: int
    fused: int
    """How many instructions one stands for; 1: none does."""

    @property
    def times(self) -> float:
        """How many times as long."""
        return self.width_bits / 128 * self.fused


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed:
    """All operators of one type."""

    op_type: str
    nodes: int
    times: float
    """How many times as long as at full width they take natively at 128 bits."""
    share: float
    """Of what all operators take natively at 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """A model that loses more than that, beyond doubt."""

    bound: VectorBound
    encoding: float
    """What the figure holds beside; 1 where it was taken out."""
    found: Estimate
    operators: tuple[Slowed, ...]
    """Those that do, and are worth a word; the ones with most time first. Empty until native was profiled at
    128 bits."""

    @property
    def most(self) -> float:
        """That vectors and encoding account for."""
        return self.bound.times * self.encoding


def vector_bound(case: Case) -> VectorBound | None:
    """None where the processor's flags are not known, name no vectors beyond 128 bits, or name tiles."""
    flags = frozenset(case.recording.begin.machine.cpu_flags)
    width_bits = _best(_WIDTHS, flags)
    if width_bits is None or flags & _TILES:
        return None
    return VectorBound(width_bits=width_bits, fused=_best(_FUSED, flags) or 1)


def _best(table: Iterable[tuple[frozenset[str], int]], flags: frozenset[str]) -> int | None:
    return next((figure for any_of, figure in table if flags & any_of), None)


def beyond_vectors(case: Case, weights: Weights, *, encoding: float) -> Beyond | None:
    """What a contrast between native at full width and at 128 bits has beyond the bound; mostly nothing.

    None as well where native was profiled at 128 bits and no operator accounts for it.
    """
    bound, contrast = case.get(vector_bound), read(case, weights)
    if bound is None or contrast is None:
        return None
    found = factor_of(contrast)
    if not found.low > bound.times * encoding:
        return None
    slowed = (
        one for one in _by_type(case) if one.times > bound.times * ENCODING and one.share >= _LEAST_SHARE
    )
    operators = tuple(sorted(slowed, key=lambda one: -one.share))
    if not operators and _profiled(case):
        return None
    return Beyond(bound=bound, encoding=encoding, found=found, operators=operators)


def _profiled(case: Case) -> bool:
    joined = case.get(join)
    return joined is not None and any(node.capped_ms is not None for node in joined.nodes)


def _by_type(case: Case) -> Iterable[Slowed]:
    """But for nodes that are charged to the library already. A profile has the encoding in it, always."""
    joined, moved = case.get(join), case.get(excess_by_node)
    groups: dict[str, list[tuple[float, float]]] = {}
    for node in joined.nodes if joined else ():
        if node.op_type == _CONVERTS or node.name in moved:
            continue
        for figures in _both(node):
            groups.setdefault(node.op_type, []).append(figures)
    return _slowed(groups)


def _both(node: Node) -> tuple[tuple[float, float], ...]:
    narrow_ms = node.capped_ms
    return ((node.native_ms, narrow_ms),) if node.shared and narrow_ms is not None and node.native_ms else ()


def _slowed(groups: Mapping[str, list[tuple[float, float]]]) -> Iterable[Slowed]:
    whole_ms = math.fsum(narrow for figures in groups.values() for _, narrow in figures)
    for op_type, figures in groups.items():
        full_ms, narrow_ms = (math.fsum(column) for column in zip(*figures, strict=True))
        yield Slowed(
            op_type=op_type,
            nodes=len(figures),
            times=narrow_ms / full_ms,
            share=narrow_ms / whole_ms if whole_ms else 0.0,
        )
