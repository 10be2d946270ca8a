"""A comparison in Markdown, for a pull request or a CI summary."""

from collections.abc import Iterator, Sequence

from gapprof.digest.changes import before_after, cause_rows, closing, left_out, whole_rows, word
from gapprof.records.comparison import Change, Comparison
from gapprof.text import numbers
from gapprof.text.names import markdown as cell


def written(comparison: Comparison, *, detail: bool) -> str:
    """The whole document, ending in a newline."""
    return "\n".join(_lines(comparison, detail=detail)) + "\n"


def _lines(comparison: Comparison, *, detail: bool) -> Iterator[str]:
    yield f"**{cell(comparison.headline)}**"
    yield ""
    a, b = comparison.before, comparison.after
    yield f"{cell(comparison.model.name, 60)} · {cell(a.began_utc)} against {cell(b.began_utc)}"
    yield ""
    yield "| | Before → after | Times as much | |"
    yield "| :-- | :-- | :-- | :-- |"
    yield from _rows((*whole_rows(comparison), *cause_rows(comparison)), detail=detail)
    yield ""
    if comparison.settings:
        yield from (
            f"- Asked differently: {cell(one.what)}: {cell(one.before)} → {cell(one.after)}"
            for one in comparison.settings
        )
    yield from (f"- {cell(sentence)}" for sentence in (*comparison.doubts, *left_out(comparison)))
    yield f"- {closing(comparison)}"


def _rows(rows: Sequence[Change], *, detail: bool, depth: int = 0) -> Iterator[str]:
    for row in rows:
        factor = "" if row.factor is None else numbers.change_with_interval(row.factor)
        title = "&nbsp;&nbsp;" * depth + cell(row.title)
        yield f"| {title} | {before_after(row)} | {factor} | {word(row)} |"
        if detail:
            yield from _rows([c for c in row.children if c.factor], detail=detail, depth=depth + 1)
