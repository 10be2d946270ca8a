"""**Memory**, stage by stage, and what of it comes back."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.memory import COLUMNS, HEADING, memory_rows, memory_sentences
from gapprof.records.sections.memory import Memory
from gapprof.terminal.ink import Ink

_CELL = 8
_LEAST = 16


def held(memory: Memory, ink: Ink) -> Iterator[RenderableType]:
    """The table, and the sentences."""
    yield _table(memory, ink)
    for sentence in memory_sentences(memory):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(memory: Memory, ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    stage = max(_LEAST, ink.width - 3 - len(COLUMNS) * (_CELL + 1))
    table.add_column(Text(HEADING, style="bold not dim"), width=stage, overflow="fold")
    for column in COLUMNS:
        table.add_column(column, width=_CELL, justify="right", no_wrap=True)
    for row in memory_rows(memory):
        table.add_row("", ink.text(row.title), *row.cells)
    return table
