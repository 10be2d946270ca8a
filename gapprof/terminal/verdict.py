"""The first lines: what came out, and on what."""

from collections.abc import Iterator

from rich.console import RenderableType

from gapprof.digest.doubts import gap_missing
from gapprof.records.report import Report
from gapprof.terminal.ink import Ink
from gapprof.text import names, numbers

_MODEL_NAME = 40
_STATUS_STYLE = {"partial": "yellow", "unreliable": "yellow", "outputs-differ": "red", "failed": "red"}


def verdict(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """One sentence; what limits it where something does; the two latencies."""
    yield ink.text(report.headline, "bold")
    if report.status != "ok" and report.status_why not in report.headline:
        style = _STATUS_STYLE.get(report.status, "")
        yield ink.text(f"{report.status.replace('-', ' ').upper()}: {report.status_why}", style)
    if report.gap.ratio is None and report.status != "failed":
        yield ink.text(f"No ratio: {gap_missing(report)}")
    yield ink.text(" · ".join(_facts(report)), "dim")


def _facts(report: Report) -> Iterator[str]:
    yield names.harmless(report.model.name, _MODEL_NAME)
    if report.latency_ms.native is not None:
        yield f"{numbers.ms(report.latency_ms.native.point)} native"
    if report.latency_ms.web is not None:
        yield f"{numbers.ms(report.latency_ms.web.point)} in the browser"
    if report.gap.ratio is not None:
        yield numbers.factor_with_interval(report.gap.ratio)
