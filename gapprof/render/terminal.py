"""The report on a terminal."""

from dataclasses import dataclass

from gapprof.records.report import Report
from gapprof.records.surface import Surface


@dataclass(frozen=True, slots=True)
class TerminalRenderer:
    """Plain text with optional colour; no file format, hence no suffix."""

    id: str = "terminal"
    suffix: str = ""

    def render(self, report: Report, surface: Surface) -> str:
        """Return the whole text."""
        from gapprof.terminal.sheet import drawn  # rich is slow to import, and `--help` lists all formats

        return drawn(report, surface)


RENDERER = TerminalRenderer()
