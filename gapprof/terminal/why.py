"""**Why**: the ranking of causes as a table."""

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.why import WhyRow
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_TITLE_MOST = 54
_BAR_MOST = 20
_BAR_LEAST = 8
_FACTOR = 19
_FIXED = 2 + _FACTOR + 5 + 10 + 5
"""Rank, factor, share, owner, and the spaces between the columns."""


def why_table(rows: Sequence[WhyRow], ink: Ink, *, heading: str = "Why") -> Table:
    """One line a cause; where there is no bar to draw, a word says why."""
    room = ink.width - _FIXED
    title_width = max(16, min(_TITLE_MOST, room - _BAR_LEAST))
    bar_width = max(_BAR_LEAST, min(_BAR_MOST, room - title_width))
    table = ink.grid()
    table.add_column("", width=2, justify="right")
    table.add_column(Text(heading, style="bold not dim"), width=title_width, overflow="fold")
    table.add_column("times slower", width=_FACTOR, no_wrap=True)
    table.add_column("share", width=5, justify="right", no_wrap=True)
    table.add_column(
        "of the gap" if bar_width >= len("of the gap") else "of gap", width=bar_width, no_wrap=True
    )
    table.add_column("whose", width=10, no_wrap=True)
    for row in rows:
        table.add_row(
            row.rank,
            Padding(ink.text(row.title, _style(row)), (0, 0, 0, 2 * row.depth)),
            ink.text(row.word) if row.factor is None else numbers.factor_with_interval(row.factor),
            "" if row.share is None or row.word == "unclear" else numbers.whole_percent(row.share.point),
            _length(row, ink, bar_width),
            ink.text(row.owner),
        )
    return table


def _length(row: WhyRow, ink: Ink, width: int) -> Text:
    match row.word:
        case "costs" | "residual" if row.share is not None and row.share.point > 0:
            return ink.bar(row.share.point, width, "cyan" if row.word == "costs" else "dim")
        case "residual" | "not measured":
            return Text()
        case word:
            return ink.text(word, "green" if word == "saves" else "dim")


def _style(row: WhyRow) -> str:
    return "" if row.word in ("costs", "saves", "residual") else "dim"
