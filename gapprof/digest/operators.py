"""Which operators are worth a line: those that lose the most time between native and web."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from gapprof.facts.byte_products import KIND as BYTES
from gapprof.facts.inside import PRODUCTS_OF_BYTES
from gapprof.records.report import OperatorRow, Report
from gapprof.text import numbers
from gapprof.text.names import harmless

_OVERHEAD, _WEIGHTING = "overhead", "weighting"
"""Type and name of the row that closes the columns against the model's own figures; it is no operator."""
_NARROW = frozenset({"int8", "uint8", "float16", "bfloat16"})
MOST = 0.8
"""Of what operators lose: the fewest that lose so much together are counted."""
_FEWEST, _KINDS = 5, 3
"""Operators that are worth counting, and kinds of them that are named."""


class TopOperators(Struct, frozen=True, kw_only=True):
    """The rows to show, and what all others lose together."""

    rows: tuple[OperatorRow, ...]
    others: int
    others_lost_ms: float
    weighting: OperatorRow | None


def top_operators(report: Report, count: int) -> TopOperators:
    """The `count` operators that lose the most ms; ties by name, so that the order is always the same."""
    nodes = [row for row in report.operators if not _closes(row)]
    nodes.sort(key=lambda row: (-lost_ms(row), row.name))
    return TopOperators(
        rows=tuple(nodes[:count]),
        others=len(nodes[count:]),
        others_lost_ms=sum(lost_ms(row) for row in nodes[count:]),
        weighting=next((row for row in report.operators if _closes(row)), None),
    )


def operator_sentences(report: Report) -> Iterator[str]:
    """In how few operators most of the difference sits, and how those that multiply bytes do it."""
    nodes = [row for row in report.operators if row.op_type != _OVERHEAD]
    few = hold_most(nodes)
    if few and len(nodes) >= _FEWEST:
        lost = numbers.whole_percent(MOST)
        yield f"{lost} of what operators lose sits in {len(few)} of {len(nodes)}: {_by_kind(few)}."
    yield from (one.text for cause in report.causes for one in cause.evidence if one.kind == BYTES)


def hold_most(nodes: Sequence[OperatorRow]) -> tuple[OperatorRow, ...]:
    """The fewest that lose `MOST` of what all of them lose; none where together they lose nothing."""
    whole_ms = sum(map(lost_ms, nodes))
    found: list[OperatorRow] = []
    found_ms = 0.0
    for row in sorted(nodes, key=lambda row: (-lost_ms(row), row.name)):
        if found_ms >= MOST * whole_ms:
            break
        found.append(row)
        found_ms += lost_ms(row)
    return tuple(found)


def _by_kind(rows: Sequence[OperatorRow]) -> str:
    kinds = Counter(harmless(row.op_type, 40) for row in rows).most_common()
    told = [f"{count} {kind}" for kind, count in kinds[:_KINDS]]
    others = sum(count for _, count in kinds[_KINDS:])
    *most, last = [*told, f"{others} of other kinds"] if others else told
    return f"{', '.join(most)} and {last}" if most else last


def precision(row: OperatorRow) -> str:
    """What a row is marked with: `int8` where it multiplies bytes, or the narrow type that it gives."""
    if row.op_type.startswith(PRODUCTS_OF_BYTES):
        return "int8"
    return row.dtype if row.dtype in _NARROW else ""


def drawn_ms(row: OperatorRow) -> tuple[float, float]:
    """Native and web as a reader is shown them. A node that does nothing may come out just below 0 once what

    the profiler adds is taken off; sums need that sign, a row does not. The closing row keeps its own.
    """
    if _closes(row):
        return row.native_ms, row.web_ms
    return max(0.0, row.native_ms), max(0.0, row.web_ms)


def lost_ms(row: OperatorRow) -> float:
    """How much longer this node takes in the browser; negative where the browser is faster."""
    return row.web_ms - row.native_ms


def _closes(row: OperatorRow) -> bool:
    return (row.op_type, row.name) == (_OVERHEAD, _WEIGHTING)
