"""The operators that lose the most time."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gapprof.digest.operators import drawn_ms, lost_ms, operator_sentences, precision, top_operators
from gapprof.records.report import OperatorRow, Report
from gapprof.terminal.cells import ms_cell
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_COLUMNS = (("native", 7), ("browser", 7), ("lost ms", 7), ("ratio", 6), ("of page", 7))
_AT_BEST = (("at best", 7), ("bound by", 8))
"""Where peaks were measured: the floor in this browser, and what sets it."""
_NAME_LEAST, _NAME_MOST = 22, 70


def operators(report: Report, ink: Ink, *, count: int) -> Table:
    """The top rows, one line for all others, and the row that closes the columns when there is one."""
    top = top_operators(report, count)
    columns = (*_COLUMNS, *(_AT_BEST if report.speed_of_light is not None else ()))
    fixed = 4 + sum(width + 1 for _, width in columns)
    longest = max((len(_called(row)) for row in top.rows), default=0)
    name_width = max(_NAME_LEAST, min(longest, _NAME_MOST, ink.width - fixed))
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(Text("Operators", style="bold not dim"), width=name_width, no_wrap=True)
    for heading, width in columns:
        table.add_column(heading, width=width, justify="right", no_wrap=True)
    rows = list(top.rows)
    if top.weighting is not None and ink.surface.detail:
        rows.append(top.weighting)
    native = numbers.bare_column([drawn_ms(row)[0] for row in rows])
    web = numbers.bare_column([drawn_ms(row)[1] for row in rows])
    *lost, others_lost = numbers.bare_column([*(lost_ms(row) for row in rows), top.others_lost_ms])
    for row, *times in zip(rows, native, web, lost, strict=True):
        closing = row is top.weighting
        name = ink.text("outside the operators") if closing else ink.name(_called(row), name_width)
        cells: tuple[RenderableType, ...] = (*times, *_proportions(row), *_at_best(row, ink))
        table.add_row("", name, *cells[: len(columns)], style="dim" if closing else "")
    if top.others:
        table.add_row("", ink.text(f"{top.others} more"), "", "", others_lost, style="dim")
    return table


def operators_told(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """What the table alone does not say."""
    for sentence in operator_sentences(report):
        yield Padding(ink.text(sentence), (0, 0, 0, 3))


def _called(row: OperatorRow) -> str:
    """Most exporters put the type into the name; where they do not, it is said; so is what is not float32."""
    if not row.name:
        return f"({row.op_type} without a name)"
    kind = "" if row.op_type.lower() in row.name.lower() else row.op_type
    marks = ", ".join(mark for mark in (kind, precision(row)) if mark)
    return f"{row.name} ({marks})" if marks else row.name


def _at_best(row: OperatorRow, ink: Ink) -> tuple[Text, Text]:
    return ms_cell(row.speed_of_light_ms), ink.text(row.bound or "")


def _proportions(row: OperatorRow) -> tuple[str, str]:
    ratio = "" if row.ratio is None else numbers.factor(row.ratio)
    return ratio, numbers.whole_percent(row.share_of_web)
