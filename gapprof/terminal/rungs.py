"""The ladder as it came out: what was measured where, what was refused, what side rungs say about changes."""

import statistics
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapprof.records.report import Report, RungRow, Sample, WhatIf
from gapprof.terminal.ink import Ink
from gapprof.text import numbers

_WORDS = 10
"""Columns at least this wide hold words, narrower ones numbers."""
_CHANGES = {
    "backend": "runtime",
    "isa": "instructions",
    "threads": "threads",
    "graph": "graph",
    "flags": "flags",
    "where": "thread it runs on",
    "pacing": "pacing",
    "page": "page",
    "build": "build",
    "debugger": "debugger",
}


def ladder(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """Rungs with their latencies, then the raw figures behind them, then the what-ifs."""
    if report.rungs:
        titles = {rung.id: rung.title for rung in report.rungs}
        yield Text()
        table = _table(ink, "Ladder", ("latency", 24), ("changes", 12))
        for rung in report.rungs:
            table.add_row(
                "",
                ink.text(rung.title),
                ink.text(_latency(rung, titles)),
                ink.text(_CHANGES.get(rung.changes or "", "")),
            )
        yield table
    if report.samples:
        yield Text()
        yield _samples(report, ink)
    if report.what_ifs:
        yield Text()
        table = _table(ink, "What if", ("then", 24), ("basis", 11))
        for change in report.what_ifs:
            table.add_row("", ink.text(change.change), ink.text(_then(change)), _basis(change))
        yield table


def _latency(rung: RungRow, titles: dict[str, str]) -> str:
    if rung.refusal is not None:
        return f"refused: {rung.refusal}"
    if rung.alias_of is not None:
        return f"same as {titles.get(rung.alias_of, rung.alias_of)}"
    if rung.latency_ms is not None:
        return numbers.ms_with_interval(rung.latency_ms)
    if rung.why.startswith("failed"):
        return rung.why
    return f"not run: {rung.why}" if rung.why else "not measured"


def _samples(report: Report, ink: Ink) -> Table:
    """Raw figures, struck trials included: smallest, median and largest per rung."""
    table = _table(
        ink, "Samples", ("trials", 6), ("struck", 6), ("least ms", 8), ("median", 8), ("most ms", 8)
    )
    for rung in report.rungs:
        trials = [sample for sample in report.samples if sample.rung == rung.id]
        values = [value for trial in trials for value in _values(trial)]
        if values:
            spread = (min(values), statistics.median(values), max(values))
            struck = sum(bool(trial.struck) for trial in trials)
            table.add_row(
                "", ink.text(rung.title), str(len(trials)), str(struck), *map(numbers.bare_ms, spread)
            )
    return table


def _values(sample: Sample) -> Sequence[float]:
    return sample.requests_ms or sample.samples_ms


def _then(change: WhatIf) -> str:
    then = change.measured_ms or change.predicted_ms
    return change.why if then is None else numbers.ms_with_interval(then)


def _basis(change: WhatIf) -> str:
    if change.measured_ms is not None:
        return "measured"
    return "" if change.predicted_ms is None else "predicted"


def _table(ink: Ink, heading: str, *columns: tuple[str, int]) -> Table:
    table = ink.grid()
    taken = 4 + sum(width + 1 for _, width in columns)
    table.add_column("", width=2)
    table.add_column(
        Text(heading, style="bold not dim"), width=max(16, min(60, ink.width - taken)), overflow="fold"
    )
    for name, width in columns:
        table.add_column(name, width=width, justify="right" if width < _WORDS else "left", overflow="fold")
    return table
