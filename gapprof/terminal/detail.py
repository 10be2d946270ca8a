"""What `-v` adds to the first screen."""

from collections.abc import Iterator

from rich.console import RenderableType

from gapprof.records.report import Report
from gapprof.terminal.causes import causes_in_detail
from gapprof.terminal.ink import Ink
from gapprof.terminal.provenance import provenance
from gapprof.terminal.rungs import ladder


def detail(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """Causes step by step, the ladder with its raw figures, and where all of it comes from."""
    yield from causes_in_detail(report, ink)
    yield from ladder(report, ink)
    yield from provenance(report, ink)
