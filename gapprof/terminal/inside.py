"""**Inside the wasm**: its hot functions, and in which operators they run."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.inside import COLUMNS, HEADING, inside_rows, inside_sentences
from gapprof.records.sections.inside import Inside
from gapprof.terminal.ink import Ink

_NAME, _CELL = 18, 11
_LEAST_OPERATORS = 12


def inside_table(inside: Inside, ink: Ink) -> Iterator[RenderableType]:
    """The table, if there are functions, and the sentences."""
    rows = inside_rows(inside)
    if rows:
        yield _table(inside, ink)
    else:
        yield Text(f"   {HEADING}", style="bold")
    for sentence in inside_sentences(inside):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(inside: Inside, ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(Text(HEADING, style="bold not dim"), width=_NAME, no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, width=_CELL, justify="right", no_wrap=True)
    operators = max(_LEAST_OPERATORS, ink.width - 4 - _NAME - len(COLUMNS) * (_CELL + 1))
    table.add_column("in operators", width=operators, overflow="fold")
    for row in inside_rows(inside):
        table.add_row("", ink.text(row.name), *row.cells, ink.text(row.operators))
    return table
