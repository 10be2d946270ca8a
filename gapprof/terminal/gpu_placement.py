"""**Where nodes run**, and **Where to file it**."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.gpu_placement import (
    COLUMNS,
    FILED,
    PLACED,
    filed_sentences,
    placed_rows,
    placed_sentences,
)
from gapprof.records.sections.gpu import GpuPlacement, WhereToFile
from gapprof.terminal.ink import Ink

_CELL = 6
_NAME_LEAST, _NAME_MOST = 15, 40


def placement_table(found: GpuPlacement, ink: Ink, *, count: int) -> Iterator[RenderableType]:
    """The table, and the sentences if there are any."""
    yield _table(found, ink, count)
    for sentence in placed_sentences(found):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def where_to_file(found: WhereToFile, ink: Ink) -> Iterator[RenderableType]:
    """The verdict and its figures."""
    yield Padding(ink.text(FILED, "bold"), (0, 0, 0, 3))
    for sentence in filed_sentences(found):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(found: GpuPlacement, ink: Ink, count: int) -> Table:
    width = max(_NAME_LEAST, min(_NAME_MOST, ink.width - 4 - len(COLUMNS) * (_CELL + 1)))
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(Text(PLACED, style="bold not dim"), width=width, no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, width=_CELL, justify="right", no_wrap=True)
    for name, *cells in placed_rows(found, count):
        table.add_row("", ink.name(name, width), *cells)
    return table
