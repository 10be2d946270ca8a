"""The table of kernels on screen: what could be won in this browser, and where the rest of the time goes."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gapprof.records.estimate import Estimate
from gapprof.records.surface import Surface
from gapprof.records.yardstick import KernelRow, Kernels, KernelSummary
from gapprof.terminal.cells import factor_cell, ms_cell
from gapprof.terminal.ink import Ink
from gapprof.terminal.printing import printed
from gapprof.text import numbers

_SHOWN = 12
_SHOWN_DETAIL = 200
_MS = 8
_FACTOR = 20
_NAME = 22
_AGREE = 0.1
"""How far a prediction and what was measured may be apart and still count as one figure."""


def drawn(kernels: Kernels, surface: Surface) -> str:
    """The whole text, ending in a newline."""
    return printed(_parts(kernels, Ink(surface)), surface)


def _parts(kernels: Kernels, ink: Ink) -> Iterator[RenderableType]:
    yield ink.text(_headline(kernels), "bold")
    if kernels.summary is None:
        return
    yield ink.text(_second_line(kernels, kernels.summary))
    yield Text()
    yield _chain(kernels.summary, ink)
    yield Text()
    shown = _SHOWN_DETAIL if ink.surface.detail else _SHOWN
    yield _table(kernels.rows[:shown], ink)
    rest = kernels.rows[shown:]
    if rest:
        left_ms = numbers.ms(sum(row.web_ms for row in rest))
        yield ink.text(f"   {len(rest)} more shapes, {left_ms} in the browser; -v lists them.", "dim")
    yield Text()
    yield ink.points(tuple(_remarks(kernels, kernels.summary)))


def _headline(kernels: Kernels) -> str:
    summary = kernels.summary
    if kernels.status == "failed":
        return f"Nothing could be compared: {kernels.why}."
    if summary is None and kernels.status == "ok":
        return "This recording holds no twin kernels; `gapprof kernels MODEL` measures them."
    if summary is None:
        return "Interrupted before there was anything to compare."
    if summary.program is not None and summary.program_ms is not None:
        return (
            f"{kernels.model.name} takes {numbers.ms(summary.web_ms)} in this browser with onnxruntime-web, "
            f"and {numbers.ms(summary.program_ms)} as one program of tuned kernels: "
            f"{numbers.factor_with_interval(summary.program)}."
        )
    gain = summary.web_ms / summary.predicted_ms
    if gain < 1.02:
        return f"{kernels.model.name}: onnxruntime-web's kernels are as fast as ours in this browser."
    return (
        f"{kernels.model.name} would take {numbers.ms(summary.predicted_ms)} instead of "
        f"{numbers.ms(summary.web_ms)} in this browser if onnxruntime-web's kernels were as fast as ours: "
        f"{numbers.factor(gain)}."
    )


def _second_line(kernels: Kernels, summary: KernelSummary) -> str:
    tuned = (
        f"tuned in {numbers.duration(kernels.tuning_s)}"
        if kernels.tuning_s
        else "schedules from the database"
    )
    if kernels.native_tuning_s:
        tuned += f", tuned natively in {numbers.duration(kernels.native_tuning_s)}"
    return (
        f"One thread, {kernels.rounds} rounds, {tuned}; twins stand for {numbers.percent(summary.coverage)} "
        "of the kernels' time in the browser."
    )


def _chain(summary: KernelSummary, ink: Ink) -> Table:
    """From native to the browser by the same loop nests."""
    table = ink.grid()
    table.add_column("", width=1)
    table.add_column(Text("By loops of ours", style="bold not dim"), width=max(40, ink.width - _FACTOR - 4))
    table.add_column("times slower", width=_FACTOR)
    for text, figure in (
        ("128-bit vectors instead of the widest", summary.width),
        *([("loops that suit wasm instead of native code", summary.suited)] if summary.suited else []),
        ("the engine: wasm instead of native 128-bit code", summary.engine),
        ("onnxruntime-web's kernels instead of the tuned ones", summary.library),
        ("ours instead of native onnxruntime's, at full width", summary.native_library),
        ("SSE encoding instead of AVX, which V8 emits", summary.encoding),
    ):
        table.add_row("", ink.text(text), factor_cell(figure))
    return table


def _table(rows: tuple[KernelRow, ...], ink: Ink) -> Table:
    table = ink.grid()
    width = max(20, ink.width - _NAME - 3 * _MS - _FACTOR - 8)
    table.add_column("", width=1)
    table.add_column(Text("Kernels", style="bold not dim"), width=_NAME, overflow="fold")
    table.add_column("", width=width, overflow="fold")
    table.add_column("native", width=_MS, justify="right")
    table.add_column("browser", width=_MS, justify="right")
    table.add_column("tuned", width=_MS, justify="right")
    table.add_column("  slower than tuned", width=_FACTOR)
    for row in rows:
        several = f"{len(row.nodes)} " if len(row.nodes) > 1 else ""
        what = row.what or row.why
        if ink.surface.detail and row.schedule is not None:
            what += f" ({'/'.join(str(one) for one in row.schedule)})"
        table.add_row(
            "",
            ink.text(several + row.op_type),
            ink.text(what),
            ms_cell(row.native_ms),
            ms_cell(row.web_ms),
            ms_cell(row.tuned_ms),
            Text("  ") + (Text("too small to tell") if row.too_small_to_tell else factor_cell(row.available)),
        )
    return table


def _remarks(kernels: Kernels, summary: KernelSummary) -> Iterator[str]:
    yield (
        "Tuned: the fastest of about ten loop nests of ours per shape, as wasm in this browser, on buffers "
        "as far from the caches as the model's."
    )
    if summary.program_ms is not None and summary.program_error is not None:
        yield (
            "The whole model was run as one program of tuned kernels; its outputs differ from native's by "
            f"{numbers.scientific(summary.program_error)} of the largest. {_copies(summary)}"
        )
        yield from _predictions(summary)
    else:
        yield f"What is predicted was not run as a model: {summary.program_why}."
    if any(row.too_small_to_tell and row.tuned_ms is not None for row in kernels.rows):
        yield (
            "Too small to tell: each takes less than twice what the profiler adds to it, which is no "
            "evidence about its kernel; the prediction leaves it as it is."
        )
    if summary.tuned_natively:
        yield (
            "Natively SSE code and the widest instructions have schedules of their own, and AVX-encoded code "
            "beside them has those of SSE code; all other twins have the browser's."
        )
    elif summary.engine is not None:
        yield "Native twins have the browser's schedules, which need not be the best ones there."
    if summary.engine is None:
        yield "The engine is not told from the library: there are no native twins here."
    yield from kernels.notes
    yield (
        f"In brackets: 95 % intervals over {kernels.rounds} rounds. Times in ms, of all nodes of a row "
        "together; native is onnxruntime on the common graph, one thread."
    )


def _copies(summary: KernelSummary) -> str:
    """Whether the program does all that a session's run does."""
    if summary.program_copies_ms is None:
        return (
            "onnxruntime-web's runs copy inputs in and outputs out, and the program's did not: some of the "
            "difference is that."
        )
    return (
        "Each of its runs copies inputs in and outputs out, as onnxruntime-web's do "
        f"({numbers.ms(summary.program_copies_ms)})."
    )


def _predictions(summary: KernelSummary) -> Iterator[str]:
    """Two of them: for the library with our kernels, and for the program that ran."""
    if summary.library_predicted is None or summary.program_over_library_predicted is None:
        yield (
            "If onnxruntime-web ran these kernels where they beat its own, it would take "
            f"{numbers.ms(summary.predicted_ms)}, its copies and dispatch included."
        )
    else:
        yield (
            "Predicted for onnxruntime-web: with these kernels where they beat its own, its copies and "
            f"dispatch included, it would take {numbers.ms_with_interval(summary.library_predicted)}. "
            f"The program takes {_held_against(summary.program_over_library_predicted)}"
        )
    if summary.program_predicted is not None and summary.program_over_predicted is not None:
        yield (
            "Predicted for the program: by its kernels, each timed by itself, it should take "
            f"{numbers.ms_with_interval(summary.program_predicted)}. It takes "
            f"{_held_against(summary.program_over_predicted)}"
        )


def _held_against(over: Estimate) -> str:
    """By the interval of the ratio: within a tenth, beyond it, or neither beyond doubt."""
    apart = f"{numbers.percent(max(over.point, 1 / over.point) - 1)} apart"
    if over.low > 1 / (1 + _AGREE) and over.high < 1 + _AGREE:
        verdict = f"agree within {numbers.percent(_AGREE)}"
    elif over.high < 1 / (1 + _AGREE) or over.low > 1 + _AGREE:
        verdict = f"are {apart}"
    else:
        verdict = f"are {apart}, and whether that is more than {numbers.percent(_AGREE)} is unclear"
    return f"{numbers.change_with_interval(over)} that: prediction and measurement {verdict}."
