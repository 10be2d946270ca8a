"""A comparison on a terminal: the sentence, both ends, then the causes, what moved first."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.changes import before_after, cause_rows, closing, left_out, whole_rows, word
from gapprof.records.comparison import Change, Comparison
from gapprof.records.surface import Surface
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from gapprof.text import names, numbers

_STEP, _CHANGE, _WORD = 18, 19, 12
_TITLE_LEAST, _TITLE_MOST = 18, 56
_FIXED = 2 + _STEP + _CHANGE + _WORD + 4
_STYLES = {"grew": "red", "shrank": "green", "unclear": ""}
_MODEL_NAME = 40


def drawn(comparison: Comparison, surface: Surface) -> str:
    """The whole text, ending in a newline."""
    return printed(_parts(comparison, Ink(surface)), surface)


def _parts(comparison: Comparison, ink: Ink) -> Iterator[RenderableType]:
    yield ink.text(comparison.headline, "bold")
    yield ink.text(_runs(comparison), "dim")
    yield Text()
    yield _table(whole_rows(comparison), ink, "Whole")
    yield Text()
    yield _table(cause_rows(comparison), ink, "Why")
    if comparison.settings:
        yield Text()
        yield Text("   Asked differently", style="bold")
        yield ink.points(tuple(f"{one.what}: {one.before} → {one.after}" for one in comparison.settings))
    yield Text()
    yield Text("   Doubts", style="bold")
    yield ink.points((*comparison.doubts, *left_out(comparison)))
    yield Text()
    yield Padding(ink.text(closing(comparison), "dim"), (0, 0, 0, 3))


def _runs(comparison: Comparison) -> str:
    a, b = comparison.before, comparison.after
    return f"{names.harmless(comparison.model.name, _MODEL_NAME)} · {a.began_utc} against {b.began_utc}"


def _table(rows: Sequence[Change], ink: Ink, heading: str) -> Table:
    title_width = max(_TITLE_LEAST, min(_TITLE_MOST, ink.width - _FIXED))
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(Text(heading, style="bold not dim"), width=title_width, overflow="fold")
    table.add_column(ink.spelled("before → after"), width=_STEP, overflow="fold")
    table.add_column("times as much", width=_CHANGE, no_wrap=True)
    table.add_column("", width=_WORD, no_wrap=True)
    for row in rows:
        _add(table, row, ink, depth=0)
    return table


def _add(table: Table, row: Change, ink: Ink, *, depth: int) -> None:
    style = "" if row.verdict in _STYLES else "dim"
    table.add_row(
        "",
        Padding(ink.text(row.title, style), (0, 0, 0, 2 * depth)),
        ink.text(before_after(row)),
        "" if row.factor is None else numbers.change_with_interval(row.factor),
        ink.text(word(row), _STYLES.get(row.verdict, "dim")),
    )
    for child in row.children if ink.surface.detail else ():
        if child.factor is not None:
            _add(table, child, ink, depth=depth + 1)
