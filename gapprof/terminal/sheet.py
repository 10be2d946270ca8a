"""The terminal report as a string: the same report and surface give the same text."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from gapprof.digest.doubts import doubts
from gapprof.digest.why import why_rows, with_children
from gapprof.records.report import Report
from gapprof.records.sections.gpu import GpuOperators
from gapprof.records.surface import Surface
from gapprof.terminal.actions import actions
from gapprof.terminal.cold import started
from gapprof.terminal.detail import detail
from gapprof.terminal.gpu_operators import gpu_table
from gapprof.terminal.gpu_placement import placement_table, where_to_file
from gapprof.terminal.ink import Ink
from gapprof.terminal.inside import inside_table
from gapprof.terminal.memory import held
from gapprof.terminal.observed import observed_page, reproduced
from gapprof.terminal.operators import operators, operators_told
from gapprof.terminal.printing import printed
from gapprof.terminal.qoe import quality
from gapprof.terminal.scaling import scaled
from gapprof.terminal.verdict import verdict
from gapprof.terminal.verified import verifications
from gapprof.terminal.why import why_table
from gapprof.text import numbers

_OPERATORS = 8
_OPERATORS_DETAIL = 40


def drawn(report: Report, surface: Surface) -> str:
    """The whole terminal report, ending in a newline."""
    return printed(_parts(report, Ink(surface)), surface)


def _parts(report: Report, ink: Ink) -> Iterator[RenderableType]:
    yield from verdict(report, ink)
    if report.observed is not None:
        yield Text()
        yield from observed_page(report, ink)
    if report.status != "failed":
        yield Text()
        yield why_table(with_children(report) if ink.surface.detail else why_rows(report), ink)
        yield Text()
        yield actions(report, ink)
        if report.settings.verify:
            yield Text()
            yield verifications(report, ink)
    if report.reproduction is not None:
        yield Text()
        yield from reproduced(report.reproduction, ink)
    count = _OPERATORS_DETAIL if ink.surface.detail else _OPERATORS
    if report.operators:
        yield Text()
        yield operators(report, ink, count=count)
        yield from operators_told(report, ink)
    if report.gpu_operators is not None:
        yield Text()
        yield from gpu_table(report.gpu_operators, report.causes, ink, count=count)
        yield from _on_the_gpu(report.gpu_operators, ink, count)
    if report.qoe is not None:
        yield Text()
        yield from quality(report.qoe, ink)
    if report.cold.starts:
        yield Text()
        yield from started(report.cold, ink)
    if report.memory.rows:
        yield Text()
        yield from held(report.memory, ink)
    if report.scaling is not None:
        yield Text()
        yield from scaled(report.scaling, ink)
    if report.inside is not None:
        yield Text()
        yield from inside_table(report.inside, ink)
    sentences = doubts(report)
    if sentences:
        yield Text()
        yield Text("   Doubts", style="bold")
        yield ink.points(sentences)
    if report.gap.ratio is not None and report.gap.ratio.rounds > 1:
        level = numbers.whole_percent(report.gap.ratio.level)
        yield Text()
        yield ink.text(f"   In brackets: {level} intervals over {report.gap.ratio.rounds} rounds.", "dim")
    if ink.surface.detail:
        yield from detail(report, ink)


def _on_the_gpu(found: GpuOperators, ink: Ink, count: int) -> Iterator[RenderableType]:
    if found.placement is not None:
        yield Text()
        yield from placement_table(found.placement, ink, count=count)
    if found.where_to_file is not None:
        yield Text()
        yield from where_to_file(found.where_to_file, ink)
