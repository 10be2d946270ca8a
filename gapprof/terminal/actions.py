"""**What you can change**: now → then, and whether that was measured."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from gapprof.digest.tried import nothing_helps
from gapprof.digest.why import owner
from gapprof.records.report import Action, Report
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_HEADING = "What you can change"
_TEXT_LEAST, _TEXT_MOST = 24, 64
_FIXED = 2 + 20 + 9 + 10 + 5


def actions(report: Report, ink: Ink) -> RenderableType:
    """The table, or one line that says that it would be empty."""
    if not report.actions:
        return Padding(Group(Text(_HEADING, style="bold"), ink.text(nothing_helps(report))), (0, 0, 0, 3))
    longest = max(len(action.text) for action in report.actions)
    table = ink.grid()
    table.add_column("", width=2)
    table.add_column(
        Text(_HEADING, style="bold not dim"),
        width=max(_TEXT_LEAST, min(longest, _TEXT_MOST, ink.width - _FIXED)),
        overflow="fold",
    )
    table.add_column(ink.spelled("now → then"), width=20, no_wrap=True)
    table.add_column("basis", width=9, no_wrap=True)
    table.add_column("whose", width=10, no_wrap=True)
    for action in report.actions:
        table.add_row(
            "", ink.text(action.text), ink.text(_now_then(action)), action.basis, owner(action.owner)
        )
    return table


def _now_then(action: Action) -> str:
    return f"{numbers.bare_ms(action.now_ms.point)} → {numbers.ms(action.then_ms.point)}"
