"""The rows of a comparison in reading order, and the words for what became of them."""

import math
from collections.abc import Iterator

from gapprof.records.comparison import Change, Comparison
from gapprof.stats.verdict import SMALLEST_EFFECT
from gapprof.text import numbers

_WORDS = {
    ("ms", "grew"): "slower",
    ("ms", "shrank"): "faster",
    ("times", "grew"): "costs more",
    ("times", "shrank"): "costs less",
}


def whole_rows(comparison: Comparison) -> tuple[Change, ...]:
    """Browser, native and the gap between them."""
    return (*comparison.latencies, comparison.gap)


def cause_rows(comparison: Comparison) -> tuple[Change, ...]:
    """What moved, the most first; then the other causes that have a figure; the residual last."""
    causes = sorted(comparison.causes, key=_place)
    return (*(change for change in causes if _has_figure(change)), comparison.residual)


def _has_figure(change: Change) -> bool:
    """One that was not compared is shown as that, for it may be what moved."""
    figures = (change.factor, change.before, change.after)
    return change.verdict != "not-applicable" and any(one is not None for one in figures)


def left_out(comparison: Comparison) -> Iterator[str]:
    """A sentence for each figure that the two runs do not share."""
    for change in (*comparison.latencies, comparison.gap, *comparison.causes, comparison.residual):
        if change.verdict == "not-compared":
            yield f"{change.title}: {change.why}."


def word(change: Change) -> str:
    """What became of it. The gap is no cost of its own: it is wider or narrower."""
    if change.verdict not in ("grew", "shrank"):
        return change.verdict.replace("-", " ")
    if change.id == "gap":
        return "wider" if change.verdict == "grew" else "narrower"
    return _WORDS[change.unit, change.verdict]


def before_after(change: Change) -> str:
    """`3.20 → 3.31 ms`, `2.8x → 2.9x`; a dash where a run has no figure."""
    sides = (change.before, change.after)
    if change.unit == "ms":
        before, after = ("-" if one is None else numbers.bare_ms(one.point) for one in sides)
        return f"{before} → {after} ms"
    before, after = ("-" if one is None else numbers.factor(one.point) for one in sides)
    return f"{before} → {after}"


def closing(comparison: Comparison) -> str:
    """How the brackets and the words came about."""
    return (
        f"In brackets: 95 % intervals over {comparison.before.rounds} and {comparison.after.rounds} rounds. "
        "More and less, slower and faster hold for all rows at once: beyond "
        f"{numbers.whole_percent(SMALLEST_EFFECT)}, and so that one of twenty comparisons at most names a "
        "change where there is none."
    )


def _place(change: Change) -> tuple[bool, float]:
    moved = change.verdict in ("grew", "shrank")
    return not moved, -abs(math.log(change.factor.point)) if moved and change.factor else 0.0
