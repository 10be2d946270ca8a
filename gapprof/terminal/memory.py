"""**Memory**, stage by stage, and what of it comes back."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.memory import (
    COLUMNS,
    GPU_COLUMNS,
    GPU_HEADING,
    HEADING,
    MemoryCells,
    gpu_rows,
    memory_rows,
    memory_sentences,
)
from gapprof.records.sections.memory import Memory
from gapprof.terminal.ink import Ink

_CELL = 8
_LEAST = 16


def held(memory: Memory, ink: Ink) -> Iterator[RenderableType]:
    """The table, that of buffers on a GPU, and the sentences."""
    yield _table(HEADING, COLUMNS, memory_rows(memory), ink)
    if on_gpu := gpu_rows(memory):
        yield Text()
        yield _table(GPU_HEADING, GPU_COLUMNS, on_gpu, ink)
    for sentence in memory_sentences(memory):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(heading: str, columns: Sequence[str], rows: Sequence[MemoryCells], ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    stage = max(_LEAST, ink.width - 3 - len(COLUMNS) * (_CELL + 1))
    table.add_column(Text(heading, style="bold not dim"), width=stage, overflow="fold")
    for column in columns:
        table.add_column(column, width=_CELL, justify="right", no_wrap=True)
    for row in rows:
        table.add_row("", ink.text(row.title), *row.cells)
    return table
