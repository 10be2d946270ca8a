"""**Threads**: what more of them bring on either side, what places and isolation do, what is recommended."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.scaling import COLUMNS, HEADING, curve_rows, scaling_sentences
from gapprof.records.sections.scaling import Scaling
from gapprof.terminal.ink import Ink

_WIDTHS = (7, 25)
_LEAST = 8


def scaled(found: Scaling, ink: Ink) -> Iterator[RenderableType]:
    """The curves, and the sentences."""
    yield _table(found, ink)
    for sentence in scaling_sentences(found):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(found: Scaling, ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    width = max(_LEAST, ink.width - 4 - 2 * sum(each + 1 for each in _WIDTHS))
    table.add_column(Text(HEADING, style="bold not dim"), width=width, overflow="fold")
    for column, wide in zip(COLUMNS, (*_WIDTHS, *_WIDTHS), strict=True):
        table.add_column(column, width=wide, justify="right", overflow="fold")
    for row in curve_rows(found):
        table.add_row("", ink.text(row.threads), *row.cells)
    return table
