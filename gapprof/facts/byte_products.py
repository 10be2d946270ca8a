"""Operators that multiply bytes: how much of the time they are, and what either side has for that. Pure.

Natively the processor's flags name instructions; which of them a kernel took, nobody recorded. What the
served wasm holds is counted with `--instrument` alone.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gapprof.facts.case import Case
from gapprof.facts.inside import PRODUCTS_OF_BYTES, relaxed_dots
from gapprof.facts.operators import Node, join
from gapprof.facts.wasm import served_simd
from gapprof.records.inside import WasmBuild
from gapprof.records.report import Evidence
from gapprof.text import numbers
from gapprof.text.names import harmless

KIND = "products-of-bytes"
"""Of this evidence."""
_TILES = frozenset({"amx_int8"})
_VECTORS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"avx512_vnni", "avx512vnni"}),
        "vpdpbusd on 512 bits (AVX-512 VNNI), 64 products of bytes at a time",
    ),
    (frozenset({"avx_vnni", "avxvnni"}), "vpdpbusd on 256 bits (AVX-VNNI), 32 products of bytes at a time"),
    (frozenset({"avx512bw"}), "vpmaddubsw on 512 bits (no VNNI), 64 products of bytes at a time"),
    (frozenset({"avx2"}), "vpmaddubsw on 256 bits (AVX2, no VNNI), 32 products of bytes at a time"),
    (frozenset({"asimddp"}), "sdot and udot on 128 bits, 16 products of bytes at a time"),
)
"""Flags, any of them, and the best instruction that they stand for; the better ones first."""
_PAIRS = "i32x4.dot_i16x8_s"
_PAIRS_WORDS = f"{_PAIRS}, 8 products of 16-bit numbers at a time"
_MOST_KINDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteProducts:
    """All of these operators together."""

    nodes: int
    op_types: tuple[str, ...]
    """The most frequent first."""
    share: float
    """Of what operators take in the browser."""
    narrowed: float | None
    """How many times as long as at full width they take natively at 128 bits; None: nobody profiled that,"""
    others_narrowed: float | None
    """and all other operators."""


def byte_products(case: Case) -> ByteProducts | None:
    """None where the model has none, and until both sides were profiled."""
    joined = case.get(join)
    if joined is None:
        return None
    found = [node for node in joined.nodes if _multiplies_bytes(node)]
    whole_ms = math.fsum(node.web_ms for node in joined.nodes)
    if not found or whole_ms <= 0:
        return None
    return ByteProducts(
        nodes=len(found),
        op_types=tuple(kind for kind, _ in Counter(node.op_type for node in found).most_common()),
        share=math.fsum(node.web_ms for node in found) / whole_ms,
        narrowed=_narrowed(found),
        others_narrowed=_narrowed(node for node in joined.nodes if not _multiplies_bytes(node)),
    )


def byte_products_told(case: Case) -> tuple[Evidence, ...]:
    """One sentence or two; none for a model without such operators."""
    found = case.get(byte_products)
    if found is None:
        return ()
    kinds = ", ".join(harmless(kind, 40) for kind in found.op_types[:_MOST_KINDS])
    text = (
        f"{numbers.many(found.nodes, 'operator')} of int8 ({kinds}): {numbers.percent(found.share)} of what "
        f"operators take in the browser. {_native(case)}; {_wasm(case)}."
    )
    if found.narrowed is not None:
        text += f" Held to 128 bits, native takes {numbers.factor(found.narrowed)} as long for them"
        others = found.others_narrowed
        text += "." if others is None else f", and {numbers.factor(others)} for the others."
    return (Evidence(kind=KIND, text=text, value=found.share),)


def _multiplies_bytes(node: Node) -> bool:
    return node.op_type.startswith(PRODUCTS_OF_BYTES)


def _narrowed(nodes: Iterable[Node]) -> float | None:
    both = [(node.native_ms, node.capped_ms) for node in nodes if node.shared and node.capped_ms is not None]
    full_ms, narrow_ms = math.fsum(full for full, _ in both), math.fsum(narrow for _, narrow in both)
    return narrow_ms / full_ms if full_ms > 0 and narrow_ms > 0 else None


def _native(case: Case) -> str:
    flags = frozenset(case.recording.begin.machine.cpu_flags)
    if not flags:
        return "What this processor has for products of bytes is not known"
    best = next((words for any_of, words in _VECTORS if flags & any_of), None)
    if best is None:
        return "This processor's flags name no instruction for products of bytes"
    tiles = "tdpbusd on tiles (AMX) and " if flags & _TILES else ""
    return f"By its flags this processor has {tiles}{best}"


def _wasm(case: Case) -> str:
    if served_simd(case) is False:
        return "the wasm that is served has no vectors at all"
    build = next(case.recording.of(WasmBuild), None)
    if build is None:
        return (
            f"128-bit wasm has {_PAIRS_WORDS}, and --instrument counts the relaxed dot products of bytes in "
            "this build"
        )
    relaxed = relaxed_dots(build)
    held = f"this build holds {build.instructions.get(_PAIRS, 0)} {_PAIRS_WORDS}"
    if relaxed:
        return f"{held}, and {relaxed} relaxed dot products of bytes"
    return f"{held}, and none of the relaxed dot products of bytes that the int8 path would need"
