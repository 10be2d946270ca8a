"""**Verified**: what was predicted of a change, what it took when it was made, and whether that agrees."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from gapprof.digest.verified import came_true, nothing_verified, predicted_measured, verified, verified_notes
from gapprof.records.report import Report
from gapprof.terminal.ink import Ink

_HEADING = "Verified"
_TEXT_LEAST, _TEXT_MOST = 24, 64
_FIXED = 2 + 20 + 19 + 5


def verifications(report: Report, ink: Ink) -> RenderableType:
    """The table with what is to be said of it, or the line that says why it is empty."""
    rows = verified(report)
    if not rows:
        return Padding(Group(ink.text(nothing_verified(report))), (0, 0, 0, 3))
    longest = max(len(row.change) for row in rows)
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(
        Text(_HEADING, style="bold not dim"),
        width=max(_TEXT_LEAST, min(longest, _TEXT_MOST, ink.width - _FIXED)),
        overflow="fold",
    )
    table.add_column(ink.spelled("predicted → measured"), width=20, no_wrap=True)
    table.add_column("prediction", width=19, no_wrap=True)
    for row in rows:
        table.add_row("", ink.text(row.change), ink.text(predicted_measured(row)), ink.text(came_true(row)))
    notes = tuple(verified_notes(report))
    return Group(table, Padding(ink.points(notes, "dim"), (0, 0, 0, 2))) if notes else table
