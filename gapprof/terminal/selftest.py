"""A selftest on screen: planted against found, row by row, and what is wrong with those that do not pass."""

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.records.surface import Surface
from gapprof.terminal.cells import factor_cell
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from gapprof.text import numbers

_FACTOR = 19
_STATUS = 10
_CAUSE = 17
_STYLES = {"pass": "green", "fail": "red", "vague": "yellow", "impossible": "yellow"}


def drawn(selftest: Selftest, surface: Surface) -> str:
    """The whole text, ending in a newline."""
    return printed(_parts(selftest, Ink(surface)), surface)


def _parts(selftest: Selftest, ink: Ink) -> Iterator[RenderableType]:
    yield ink.text(_headline(selftest), "bold")
    if not selftest.rows:
        return
    yield Text()
    yield _table(selftest.rows, ink)
    wrong = tuple(f"{row.title}: {row.why}." for row in selftest.rows if row.why)
    if wrong:
        yield Text()
        yield ink.points(wrong)
    yield Text()
    level = numbers.confidence(selftest.level)
    yield ink.text(
        f"   In brackets: {level} intervals over {_rounds(selftest)}, by which rows are judged.", "dim"
    )
    yield ink.text("   Planted: an A/B of the one switch in the same rounds, with visits of its own.", "dim")
    yield ink.text("   Found: what the report of the whole ladder takes its saving from.", "dim")


def _rounds(selftest: Selftest) -> str:
    """`8 rounds`, `8 to 14 rounds`: rows that were vague at first have more."""
    figures = (figure for row in selftest.rows for figure in (row.planted, row.found) if figure is not None)
    counts = {figure.rounds for figure in figures} or {selftest.rounds}
    few, many = min(counts), max(counts)
    return numbers.many(many, "round") if few == many else f"{few} to {many} rounds"


def _headline(selftest: Selftest) -> str:
    took = numbers.duration(selftest.took_s)
    if selftest.status == "unusable":
        return f"Nothing could be planted here: {selftest.why}."
    if selftest.status == "interrupted":
        return f"Interrupted after {took}: nothing is judged."
    count = Counter(row.status for row in selftest.rows)
    judged = len(selftest.rows) - count["impossible"]
    failed, passed = count["fail"], count["pass"]
    said = f"{failed} of {judged} rows fail" if failed else f"{passed} of {judged} rows pass"
    more = f", {count['vague']} too vague to judge" if count["vague"] else ""
    more += f", {count['impossible']} impossible on this machine" if count["impossible"] else ""
    return f"{said}{more}: {selftest.environments} environments in {selftest.rounds} rounds, {took}."


def _table(rows: tuple[SelftestRow, ...], ink: Ink) -> Table:
    table = ink.grid()
    width = max(16, ink.width - 2 * _FACTOR - _CAUSE - _STATUS - 6)
    table.add_column("", width=1)
    table.add_column(Text("What was planted", style="bold not dim"), width=width, overflow="fold")
    table.add_column("cause", width=_CAUSE, overflow="fold")
    table.add_column("planted", width=_FACTOR, overflow="fold")
    table.add_column("found", width=_FACTOR, overflow="fold")
    table.add_column("", width=_STATUS, no_wrap=True)
    for row in rows:
        table.add_row(
            "",
            ink.text(row.title),
            ink.text(row.cause or ""),
            factor_cell(row.planted) if row.planted else ink.text(row.said),
            factor_cell(row.found),
            Text(row.status, style=_STYLES[row.status]),
        )
    return table
