"""What was measured on what, asked in which words, and what was checked."""

import json
from collections.abc import Iterator

from msgspec.structs import asdict
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapprof.records.report import Report
from gapprof.records.sections.light import SpeedOfLight
from gapprof.records.settings import Settings
from gapprof.terminal.figures import figures_in_words, label_of
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_CHECK_WORDS = {"pass": "held", "fail": "FAILED", "unknown": "not checked"}
_LABEL = 22
_OF_THE_GPU = ("build", "adapter", "driver")
"""Of `Report.versions`."""


def provenance(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """Start-up, overheads, figures of the page, checks, and the facts that a second run would need."""
    if report.cold.rows:
        yield from _pairs(ink, "Start-up, native and browser", _cold(report))
    figures = {**report.overhead, **report.page}
    if figures:
        yield from _pairs(ink, "Figures", figures_in_words(figures))
    if report.speed_of_light is not None:
        yield from _pairs(ink, "At best in this browser", _light(report.speed_of_light))
    if report.checks:
        checks = ((_CHECK_WORDS[check.status], check.text) for check in report.checks)
        yield from _pairs(ink, "Checks", checks)
    yield from _pairs(ink, "Measured", _facts(report))


def _cold(report: Report) -> Iterator[tuple[str, str]]:
    for row in report.cold.rows:
        sides = ("-" if value is None else numbers.ms(value) for value in (row.native_ms, row.web_ms))
        yield label_of(row.stage), "   ".join(f"{side:>10}" for side in sides)


def _light(found: SpeedOfLight) -> Iterator[tuple[str, str]]:
    yield "kernels", f"{numbers.ms(found.kernels_ms)}, of which {numbers.ms(found.told_ms)} can be told"
    yield (
        "within reach",
        f"{numbers.ms(found.reachable_ms)} of these, with tuned kernels where they are faster",
    )
    yield "floor", f"{numbers.ms(found.floor_ms)}: arithmetic and memory at their measured peaks"
    for element, rate in sorted(found.operations_per_s.items()):
        yield f"peak {element}", f"{rate / 1e9:.0f} billion operations a second"
    for one in found.streams:
        yield f"memory, {numbers.size(one.footprint_bytes)}", f"{one.bytes_per_s / 1e9:.0f} GB a second"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    model, machine = report.model, report.machine
    yield "command", " ".join(report.tool.argv)
    yield "gapprof", report.tool.version
    yield "begun", report.began_utc
    yield "model", model.name
    if model.sha256 is not None:
        yield "sha256", model.sha256
    if model.size_bytes is not None and model.parameters is not None:
        yield "size", f"{numbers.size(model.size_bytes)}, {numbers.count(model.parameters)} parameters"
    if model.nodes is not None and model.opset is not None:
        yield "graph", f"{model.nodes} operators, opset {model.opset}"
    yield "machine", f"{machine.cpu}, {machine.usable_cores} of {machine.logical_cores} cores usable"
    yield "memory", numbers.size(machine.memory_bytes)
    yield "system", f"{machine.system} {machine.kernel}, {machine.architecture}, Python {machine.python}"
    yield from ((name, report.versions[name]) for name in _OF_THE_GPU if name in report.versions)
    yield from _asked(report.settings)


def _asked(settings: Settings) -> Iterator[tuple[str, str]]:
    """Only what differs from the defaults, as the page and the flags do."""
    for name, usual in asdict(Settings()).items():
        value = getattr(settings, name)
        if value != usual:
            yield label_of(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pairs(ink: Ink, heading: str, rows: Iterator[tuple[str, str]]) -> Iterator[RenderableType]:
    yield Text()
    yield ink.text(f"   {heading}", "bold")
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=2)
    table.add_column(width=_LABEL)
    table.add_column(width=max(20, ink.width - _LABEL - 5), overflow="fold")
    for label, words in rows:
        table.add_row("", ink.text(label, "dim"), ink.text(words))
    yield table
