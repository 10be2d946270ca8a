"""**Responsiveness**, **smoothness** and **accuracy** while the model rests and runs."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.qoe import (
    ACCURACY,
    COLUMNS,
    HEADINGS,
    PAGE_COLUMNS,
    PAGE_HEADING,
    answer_sentences,
    felt_rows,
    page_cells,
    page_sentences,
    qoe_sentences,
)
from gapprof.records.report import Report
from gapprof.records.sections.quality import QoE
from gapprof.records.surface import Surface
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed

_AT_REST, _CELL = 8, 25
_PAGE_CELLS = (22, 28)
_LEAST = 16


def drawn(report: Report, surface: Surface) -> str:
    """The section alone, under the name of the model; ending in a newline."""
    return printed(_alone(report, Ink(surface)), surface)


def _alone(report: Report, ink: Ink) -> Iterator[RenderableType]:
    yield ink.text(report.model.name, "bold")
    if report.qoe is None:
        yield ink.text(
            "Nothing was felt: " + ("; ".join(_reasons(report)) or report.status_why or "no reason")
        )
        return
    yield from quality(report.qoe, ink)
    reasons = tuple(_reasons(report))
    if reasons:
        yield Text()
        yield ink.points(reasons)


def _reasons(report: Report) -> Iterator[str]:
    return (warning for warning in report.warnings if warning.startswith("--qoe"))


def quality(found: QoE, ink: Ink) -> Iterator[RenderableType]:
    """The tables of both directions, what late answers are worth, and the sentences."""
    for aspect, heading in HEADINGS.items():
        if felt_rows(found, aspect):
            yield _table(found, aspect, heading, ink)
    for sentence in qoe_sentences(found):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))
    if page_cells(found):
        yield _pages(found, ink)
        for sentence in page_sentences(found):
            yield Padding(ink.text(sentence), (0, 0, 0, 3))
    if found.answers is not None:
        yield Text(f"   {ACCURACY}", style="bold")
        for sentence in answer_sentences(found.answers):
            yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _table(found: QoE, aspect: str, heading: str, ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    width = max(_LEAST, ink.width - 4 - _AT_REST - 2 * (_CELL + 1))
    table.add_column(Text(heading, style="bold not dim"), width=width, overflow="fold")
    for column, wide in zip(COLUMNS, (_AT_REST, _CELL, _CELL), strict=True):
        table.add_column(column, width=wide, justify="right", no_wrap=True)
    for row in felt_rows(found, aspect):
        table.add_row("", ink.text(row.title), *row.cells)
    return table


def _pages(found: QoE, ink: Ink) -> Table:
    table = ink.grid()
    table.add_column("", width=2)
    width = max(_LEAST, ink.width - 4 - sum(_PAGE_CELLS) - len(_PAGE_CELLS))
    table.add_column(Text(PAGE_HEADING, style="bold not dim"), width=width, overflow="fold")
    for column, wide in zip(PAGE_COLUMNS, _PAGE_CELLS, strict=True):
        table.add_column(column, width=wide, justify="right", no_wrap=True)
    for row in page_cells(found):
        table.add_row("", ink.text(row.title), *row.cells)
    return table
