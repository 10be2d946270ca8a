"""Which operators are worth a line: those that lose the most time between native and web."""

from msgspec import Struct

from gapprof.records.report import OperatorRow, Report

_OVERHEAD, _WEIGHTING = "overhead", "weighting"
"""Type and name of the row that closes the columns against the model's own figures; it is no operator."""


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
