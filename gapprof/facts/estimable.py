"""Whether products of float32 tell what narrower vectors cost a model, where no instruction ceiling works."""

import math
from collections.abc import Callable

from gapprof.facts.case import Case
from gapprof.facts.profiles import NATIVE, RungProfile, profile_of
from gapprof.text import numbers

_VECTOR_OPERATORS = frozenset({"MatMul", "Conv", "Gemm"})
_QUANTISED = (
    "QLinear",
    "QGemm",
    "QAttention",
    "QMoE",
    "QOrdered",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
)
"""Beginnings of the operators whose products are of bytes …"""
_QUANTISED_WITHIN = ("Integer", "NBits", "Bnb4", "FpQ4")
"""… and what the names of all others hold that multiply bytes or fewer bits."""
_LEAST_SHARE = 0.002
"""Of native's kernels: what is ten times as slow moves the whole by less than what counts as an effect."""
_MOST_NAMES = 3


def is_vectorised(op_type: str) -> bool:
    """Whether the ratio of float32 products is this operator's; fused forms too: FusedConv, FusedMatMul."""
    return op_type.removeprefix("Fused") in _VECTOR_OPERATORS


def is_quantised(op_type: str) -> bool:
    """Whether it multiplies bytes or fewer bits: by instructions of its own (VNNI, sdot, i8mm) where native
    code has them, so that float32's width says nothing of it, on arm64 either."""
    return op_type.startswith(_QUANTISED) or any(word in op_type for word in _QUANTISED_WITHIN)


def share_of(native: RungProfile, holds: Callable[[str], bool]) -> float:
    """Of the kernels' time, what is in operators of that kind."""
    found = math.fsum(node.ms for node in native.nodes.values() if holds(node.op_type))
    return found / native.kernels_ms if native.kernels_ms > 0 else 0.0


def why_no_estimate(case: Case) -> str:
    """In words; empty where there is an estimate, or nobody looked for one."""
    preflight, native = case.recording.preflight, profile_of(case, NATIVE)
    if preflight is None:
        return ""
    ratio = preflight.estimated_isa_ratio
    if ratio is None:
        return preflight.estimated_isa_why
    if native is None:
        return f"{NATIVE} has no profile"
    quantised = share_of(native, is_quantised)
    if quantised > _LEAST_SHARE:
        names = dict.fromkeys(node.op_type for node in native.nodes.values() if is_quantised(node.op_type))
        return (
            f"{numbers.percent(quantised)} of {NATIVE} is in products of bytes or of few bits "
            f"({', '.join(list(names)[:_MOST_NAMES])}), of which float32's width says nothing"
        )
    if ratio != 1 and share_of(native, is_vectorised) <= 0:
        return f"{NATIVE} has no time in MatMul, Conv and Gemm nodes, which are all that the estimate is of"
    return ""
