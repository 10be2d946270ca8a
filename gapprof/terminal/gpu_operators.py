"""**Operators on the GPU**: what took the GPU's time, by its own clock."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table

from gapprof.digest.gpu_operators import GpuRow, gpu_columns, gpu_heading, gpu_rows, gpu_sentences
from gapprof.records.report import CauseRow
from gapprof.records.sections.gpu import GpuOperators
from gapprof.terminal.ink import Ink

_WIDTHS = (23, 6, 10, 6, 4, 8)
_NAME_LEAST, _NAME_MOST = 13, 70


def gpu_table(
    found: GpuOperators, causes: Sequence[CauseRow], ink: Ink, *, count: int
) -> Iterator[RenderableType]:
    """The table, if there are times, and the sentences."""
    yield Padding(ink.text(gpu_heading(found), "bold"), (0, 0, 0, 3))
    if found.rows:
        yield _table(found, ink, count)
    for sentence in gpu_sentences(found, causes):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(found: GpuOperators, ink: Ink, count: int) -> Table:
    rows, columns = gpu_rows(found, count), gpu_columns(found)
    widths = _WIDTHS[: len(columns)]
    longest = max((len(row.name) for row in rows.rows), default=0)
    left = ink.width - 4 - sum(width + 1 for width in widths)
    width = max(_NAME_LEAST, min(longest, _NAME_MOST, left))
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column("", width=width, no_wrap=True)
    for heading, wide in zip(columns, widths, strict=True):
        table.add_column(heading, width=wide, justify="right", no_wrap=True)
    for row in rows.rows:
        table.add_row("", ink.name(row.name, width), *row.cells)
    for one in (rows.others, rows.unnamed):
        if one is not None:
            _dim(table, one, ink)
    return table


def _dim(table: Table, row: GpuRow, ink: Ink) -> None:
    table.add_row("", ink.text(row.name), *row.cells, style="dim")
