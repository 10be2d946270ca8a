"""**Cold start**: the way to a first result as a waterfall."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.cold import (
    COLUMNS,
    COMPILER_COLUMNS,
    COMPILERS,
    CREATION,
    GPU_COLUMNS,
    GPU_HEADINGS,
    HEADINGS,
    cold_sentences,
    compiler_rows,
    creation_rows,
    gpu_rows,
    stage_rows,
)
from gapprof.records.sections.cold import Cold, ColdStart
from gapprof.terminal.ink import Ink

_STAGE, _CELLS = 19, (8, 9, 8)
_BAR_LEAST, _BAR_MOST = 9, 40


def started(cold: Cold, ink: Ink) -> Iterator[RenderableType]:
    """Waterfalls by state of the caches, what they make on a GPU, V8's compilers, what making a session is
    made of, the sentences."""
    for number, start in enumerate(cold.starts):
        if number:
            yield Text()
        yield _waterfall(start, ink)
    for start in cold.starts:
        if made := gpu_rows(start):
            yield Text()
            yield _filled(_table(ink, GPU_HEADINGS[start.cache], GPU_COLUMNS), made, ink)
    compilers = compiler_rows(cold)
    if compilers:
        yield Text()
        yield _filled(_table(ink, COMPILERS, COMPILER_COLUMNS), compilers, ink)
    if cold.creation:
        yield Text()
        yield _creation(cold, ink)
    for sentence in cold_sentences(cold):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _waterfall(start: ColdStart, ink: Ink) -> Table:
    width = max(_BAR_LEAST, min(_BAR_MOST, ink.width - 2 - _STAGE - sum(_CELLS) - 6))
    table = _table(ink, HEADINGS[start.cache], COLUMNS)
    table.add_column("waterfall", width=width, no_wrap=True)
    for row in stage_rows(start):
        gap = min(width - 1, int(row.begins * width))
        least = 1 / (8 * width) if row.takes else 0.0
        bar = Text(" " * gap) + ink.bar(min(max(row.takes, least), 1 - gap / width), width, "cyan")
        table.add_row("", ink.text(row.title), *row.cells, bar)
    return table


def _creation(cold: Cold, ink: Ink) -> Table:
    table = _table(ink, CREATION, (COLUMNS[0], "", COLUMNS[2]))
    for title, web, native in creation_rows(cold):
        table.add_row("", ink.text(title), web, "", native)
    return table


def _filled(table: Table, rows: Sequence[tuple[str, tuple[str, ...]]], ink: Ink) -> Table:
    for title, cells in rows:
        table.add_row("", ink.text(title), *cells)
    return table


def _table(ink: Ink, heading: str, columns: tuple[str, ...]) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(Text(heading, style="bold not dim"), width=_STAGE, overflow="fold")
    for column, wide in zip(columns, _CELLS, strict=True):
        table.add_column(column, width=wide, justify="right", no_wrap=True)
    return table
