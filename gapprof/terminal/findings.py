"""What a machine can and cannot do, line by line, each with what mends it."""

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from gapprof.terminal.ink import Ink

_STYLES = {"ok": "green", "limited": "yellow", "missing": "red"}


def findings_table(rows: Iterable[tuple[str, str, str]], ink: Ink) -> Table:
    """Rows of status, what was found, and what to do (may be empty)."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=9, justify="right")
    table.add_column(width=max(20, ink.width - 11), overflow="fold")
    for status, what, mend in rows:
        words = ink.text(what)
        advice = ink.text(f"→ {mend}", "bold") if mend else None
        table.add_row(Text(status, style=_STYLES.get(status, "")), Group(words, advice) if advice else words)
    return table
