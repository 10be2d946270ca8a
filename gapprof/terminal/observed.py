"""**What the page does by itself**, and which conditions give a latency that somebody saw."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapprof.digest.observed import (
    HEADING,
    observed_sentences,
    reproduction_rows,
    reproduction_sentences,
)
from gapprof.records.report import Report
from gapprof.records.sections.observed import Reproduction
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_FIXED = 2 + 26 + 12 + 3
_LEAST, _MOST = 24, 60


def observed_page(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """The heading and the sentences; nothing where a model was given."""
    sentences = tuple(observed_sentences(report))
    if sentences:
        yield Text(f"   {HEADING}", style="bold")
        for sentence in sentences:
            yield Padding(ink.text(sentence), (0, 0, 0, 3))


def reproduced(found: Reproduction, ink: Ink) -> Iterator[RenderableType]:
    """The table, and what it comes to."""
    rows = reproduction_rows(found)
    table = ink.grid()
    table.add_column("", width=2)
    heading = f"Where {numbers.ms(found.observed_ms)} could come from"
    longest = max(len(heading), *(len(row.conditions) for row in rows))
    width = max(_LEAST, min(longest, _MOST, ink.width - _FIXED))
    table.add_column(Text(heading, style="bold not dim"), width=width, overflow="fold")
    table.add_column("takes", width=26, no_wrap=True)
    table.add_column("seen over it", width=12, justify="right", no_wrap=True)
    for row in rows:
        style = "bold" if row.holds else ""
        table.add_row("", ink.text(row.conditions, style), ink.text(row.ms, style), ink.text(row.seen, style))
    yield table
    for sentence in reproduction_sentences(found):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))
