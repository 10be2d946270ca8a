"""The table of compute shaders on screen: what this adapter could do, beside what the library makes of it."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.records.gpu_yardstick import GpuKernelRow, GpuKernels, GpuKernelSummary
from gapprof.records.surface import Surface
from gapprof.terminal.cells import factor_cell, ms_cell
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from gapprof.text import numbers

_SHOWN = 12
_SHOWN_DETAIL = 200
_MS = 8
_FACTOR = 20
_NAME = 22


def drawn(kernels: GpuKernels, surface: Surface) -> str:
    """The whole text, ending in a newline."""
    return printed(_parts(kernels, Ink(surface)), surface)


def _parts(kernels: GpuKernels, ink: Ink) -> Iterator[RenderableType]:
    if kernels.software:
        yield ink.text(SOFTWARE_SENTENCE, "bold")
    yield ink.text(_headline(kernels), "" if kernels.software else "bold")
    if kernels.summary is not None:
        yield ink.text(_second_line(kernels, kernels.summary))
        yield Text()
        shown = _SHOWN_DETAIL if ink.surface.detail else _SHOWN
        yield _table(kernels.rows[:shown], ink)
        rest = kernels.rows[shown:]
        if rest:
            left_ms = numbers.ms(sum(row.library_ms or 0.0 for row in rest))
            yield ink.text(f"   {len(rest)} more shapes, {left_ms} on the GPU; -v lists them.", "dim")
        yield Text()
    yield ink.points(tuple(_remarks(kernels)))


def _headline(kernels: GpuKernels) -> str:
    summary = kernels.summary
    if kernels.status == "failed" and summary is None:
        return f"Nothing could be compared: {kernels.why}."
    if summary is None and kernels.status == "ok":
        return (
            "This recording holds no shaders of ours beside the library's; "
            "`gapprof kernels MODEL --backend webgpu` measures them."
        )
    if summary is None:
        return "Interrupted before there was anything to compare."
    whole = f"{kernels.model.name}: onnxruntime-web's dispatches take {numbers.ms(summary.gpu_ms)} a run"
    if summary.reachable_ms is None:
        return f"{whole} on {kernels.adapter}. No verdict is given."
    gain = summary.gpu_ms / summary.reachable_ms if summary.reachable_ms > 0 else 1.0
    if gain < 1.02:
        return f"{whole} on {kernels.adapter}; shaders of ours were not seen to make that less."
    return (
        f"{whole} on {kernels.adapter}, and would take {numbers.ms(summary.reachable_ms)} if those that ours "
        f"were seen to beat were as fast as ours: {numbers.factor(gain)}."
    )


def _second_line(kernels: GpuKernels, summary: GpuKernelSummary) -> str:
    tuned = f"tuned in {numbers.duration(kernels.tuning_s)}" if kernels.tuning_s else "all from the database"
    ratio = ""
    if summary.available is not None:
        ratio = f", {numbers.factor_with_interval(summary.available)} slower than ours taken together"
    return (
        f"{kernels.rounds} rounds, {tuned}; shaders of ours stand for {numbers.percent(summary.covered)} of "
        f"that time{ratio}."
    )


def _table(rows: tuple[GpuKernelRow, ...], ink: Ink) -> Table:
    table = ink.grid()
    width = max(20, ink.width - _NAME - 2 * _MS - _FACTOR - 8)
    table.add_column("", width=1)
    table.add_column(Text("Operators", style="bold not dim"), width=_NAME, overflow="fold")
    table.add_column("", width=width, overflow="fold")
    table.add_column("library", width=_MS, justify="right")
    table.add_column("tuned", width=_MS, justify="right")
    table.add_column("  slower than tuned", width=_FACTOR)
    for row in rows:
        several = f"{len(row.nodes)} " if len(row.nodes) > 1 else ""
        table.add_row(
            "",
            ink.text(several + row.op_type),
            ink.text(_what(row, detail=ink.surface.detail)),
            ms_cell(row.library_ms),
            ms_cell(row.tuned_ms),
            Text("  ") + (Text("too small to tell") if row.too_small_to_tell else factor_cell(row.available)),
        )
    return table


def _what(row: GpuKernelRow, *, detail: bool) -> str:
    """The shape, or why there is nothing beside the library's time; with details the choice as well."""
    if not row.what:
        return row.why
    parts = [row.what]
    if row.tuned_ms is None:
        parts.append(row.why)
    elif detail:
        parts += [
            f"{across}x{down} threads, {rows}x{vectors} each, depth {depth}, unroll {unroll}"
            + (", by fours" if wide else "")
            for across, down, rows, vectors, depth, unroll, wide in row.choices
        ]
        parts += [row.why] if row.why else []
    return "; ".join(parts)


def _remarks(kernels: GpuKernels) -> Iterator[str]:
    if kernels.summary is not None:
        yield (
            "Tuned: the fastest of those compute shaders of ours, ten per shape at the most, that were ready "
            "in time on this adapter, in this browser, each dispatch in a pass of its own by the GPU's "
            "clock, as the library's are. Ours leave out what the library merges with a product or a "
            "convolution, which moves no memory."
        )
    if kernels.summary is not None and kernels.written:
        yield (
            f"{kernels.tried} of {kernels.written} shaders were ready in time and held to what numpy "
            f"computes; {kernels.wrong} of them gave something else and have no time. What was chosen is "
            "compared anew in every round."
        )
    if kernels.summary is not None:
        yield (
            f"A dispatch that does nothing takes {numbers.ms(kernels.summary.empty_dispatch_ms)} on this "
            "adapter. Operators below twice that are too small to tell."
        )
    if kernels.unmeasured:
        yield f"{kernels.unmeasured} shapes were not timed: the time for tuning was over, or they failed."
    yield from kernels.notes
    if kernels.summary is not None and kernels.summary.reachable_ms is not None and kernels.rounds > 1:
        yield (
            f"In brackets: 95 % intervals over {kernels.rounds} rounds, each row by itself. An operator "
            "counts as beaten where that holds for all rows together, and by more than 2 %."
        )
    if kernels.summary is not None:
        yield (
            "Times in ms, of all nodes of a row together; all are seen apart from a run, so no latency is "
            "among them."
        )
    if kernels.status == "failed" and kernels.summary is not None:
        yield f"The run ended early: {kernels.why}."
