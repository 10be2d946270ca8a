"""GitHub-flavoured Markdown, for a README, a pull request or a CI summary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gapprof.digest.doubts import doubts, gap_missing
from gapprof.digest.inside import COLUMNS, HEADING, inside_rows, inside_sentences
from gapprof.digest.observed import HEADING as OBSERVED
from gapprof.digest.observed import observed_sentences, reproduction_rows, reproduction_sentences
from gapprof.digest.operators import drawn_ms, lost_ms, operator_sentences, precision, top_operators
from gapprof.digest.qoe import COLUMNS as FELT
from gapprof.digest.qoe import (
    HEADINGS,
    PAGE_COLUMNS,
    PAGE_HEADING,
    answer_sentences,
    felt_rows,
    page_cells,
    page_sentences,
    qoe_sentences,
)
from gapprof.digest.scaling import COLUMNS as SCALING
from gapprof.digest.scaling import HEADING as THREADS
from gapprof.digest.scaling import curve_rows, scaling_sentences
from gapprof.digest.tried import nothing_helps
from gapprof.digest.verified import came_true, nothing_verified, predicted_measured, verified, verified_notes
from gapprof.digest.why import WhyRow, owner, why_rows, with_children
from gapprof.markdown.cold import cold_section
from gapprof.markdown.gpu_operators import gpu_section
from gapprof.markdown.gpu_placement import filing_section, placement_section
from gapprof.markdown.memory import memory_section
from gapprof.records.report import OperatorRow, Report
from gapprof.records.surface import Surface
from gapprof.text import numbers
from gapprof.text.names import harmless
from gapprof.text.names import markdown as cell

_OPERATORS = 10
_OPERATORS_DETAIL = 100
_OF_THE_GPU = ("gpu-build", "adapter")
"""Checks that name what ran on a GPU."""


@dataclass(frozen=True, slots=True)
class MarkdownRenderer:
    """Headline, ranking, actions, operators, doubts, and how it was measured."""

    id: str = "markdown"
    suffix: str = ".md"

    def render(self, report: Report, surface: Surface) -> str:
        """Return the whole document."""
        rows = with_children(report) if surface.detail else why_rows(report)
        count = _OPERATORS_DETAIL if surface.detail else _OPERATORS
        parts = (
            _headline(report),
            _observed(report),
            *((_why(rows), _actions(report), _verified(report)) if report.status != "failed" else ()),
            _reproduced(report),
            _operators(report, count),
            gpu_section(report, count),
            placement_section(report, count),
            filing_section(report),
            _quality(report),
            cold_section(report),
            memory_section(report),
            _scaling(report),
            _inside(report),
            _doubts(report),
            _measured(report),
        )
        return "\n\n".join(text for part in parts if (text := "\n".join(part))) + "\n"


def _headline(report: Report) -> Iterator[str]:
    yield f"**{cell(report.headline)}**"
    if report.status != "ok" and report.status_why not in report.headline:
        yield ""
        yield f"{report.status.replace('-', ' ').capitalize()}: {cell(report.status_why)}"
    if report.gap.ratio is None and report.status != "failed":
        yield ""
        yield f"No ratio: {cell(gap_missing(report))}"
    latencies = [
        f"{numbers.ms_with_interval(estimate)} {where}"
        for estimate, where in (
            (report.latency_ms.native, "native"),
            (report.latency_ms.web, "in the browser"),
        )
        if estimate is not None
    ]
    if report.gap.ratio is not None:
        latencies.append(numbers.factor_with_interval(report.gap.ratio))
    if latencies:
        yield ""
        yield f"{cell(report.model.name, 60)} · {' · '.join(latencies)}"


def _why(rows: Sequence[WhyRow]) -> Iterator[str]:
    yield "| | Why | Times slower | Share of the gap | | Whose |"
    yield "| --: | :-- | :-- | --: | :-- | :-- |"
    for row in rows:
        indent = "&nbsp;&nbsp;" * row.depth
        factor = "" if row.factor is None else numbers.factor_with_interval(row.factor)
        share = "" if row.share is None or row.word == "unclear" else numbers.whole_percent(row.share.point)
        yield f"| {row.rank} | {indent}{cell(row.title)} | {factor} | {share} | {row.word} | {row.owner} |"


def _actions(report: Report) -> Iterator[str]:
    yield "### What you can change"
    yield ""
    if not report.actions:
        yield nothing_helps(report)
        return
    yield "| Change | Now → then | Basis | Whose |"
    yield "| :-- | :-- | :-- | :-- |"
    for action in report.actions:
        step = f"{numbers.bare_ms(action.now_ms.point)} → {numbers.ms(action.then_ms.point)}"
        yield f"| {cell(action.text)} | {step} | {action.basis} | {owner(action.owner)} |"


def _verified(report: Report) -> Iterator[str]:
    if not report.settings.verify:
        return
    yield "### Verified"
    yield ""
    rows = verified(report)
    if not rows:
        yield nothing_verified(report)
        return
    yield "| Change | Predicted → measured | Measured over predicted | Prediction |"
    yield "| :-- | :-- | :-- | :-- |"
    for row in rows:
        ratio = numbers.factor_with_interval(row.ratio) if row.ratio else ""
        yield f"| {cell(row.change)} | {predicted_measured(row)} | {ratio} | {came_true(row)} |"
    if notes := tuple(verified_notes(report)):
        yield ""
        yield from (f"- {cell(note)}" for note in notes)


def _operators(report: Report, count: int) -> Iterator[str]:
    if not report.operators:
        return
    top = top_operators(report, count)
    yield "### Operators that lose the most"
    yield ""
    best = report.speed_of_light is not None
    more, rule = (" At best ms | Bound by |", " --: | :-- |") if best else ("", "")
    yield f"| Operator | Type | Native ms | Browser ms | Lost ms | Ratio | Of the page's time |{more}"
    yield f"| :-- | :-- | --: | --: | --: | --: | --: |{rule}"
    for row in top.rows:
        ratio = "" if row.ratio is None else numbers.factor(row.ratio)
        times = " | ".join(numbers.bare_ms(time) for time in (*drawn_ms(row), lost_ms(row)))
        yield (
            f"| {cell(row.name, 80)} | {_kind(row)} | {times} | {ratio} "
            f"| {numbers.whole_percent(row.share_of_web)} |{_at_best(row) if best else ''}"
        )
    if top.others:
        lost = numbers.bare_ms(top.others_lost_ms)
        yield f"| _{top.others} more_ | | | | {lost} | | |{' | |' if best else ''}"
    sentences = tuple(operator_sentences(report))
    if sentences:
        yield ""
        yield from (f"- {cell(sentence)}" for sentence in sentences)


def _kind(row: OperatorRow) -> str:
    mark = precision(row)
    return f"{cell(row.op_type, 40)}, {mark}" if mark else cell(row.op_type, 40)


def _at_best(row: OperatorRow) -> str:
    floor = "" if row.speed_of_light_ms is None else numbers.bare_ms(row.speed_of_light_ms)
    return f" {floor} | {cell(row.bound or '')} |"


def _observed(report: Report) -> Iterator[str]:
    sentences = tuple(observed_sentences(report))
    if sentences:
        yield f"### {OBSERVED}"
        yield ""
        yield from (f"- {cell(sentence)}" for sentence in sentences)


def _reproduced(report: Report) -> Iterator[str]:
    found = report.reproduction
    if found is None:
        return
    yield f"| Where {numbers.ms(found.observed_ms)} could come from | takes | seen over it |"
    yield "| :-- | :-- | --: |"
    for row in reproduction_rows(found):
        strong = "**" if row.holds else ""
        yield f"| {strong}{cell(row.conditions)}{strong} | {row.ms} | {row.seen} |"
    yield ""
    yield " ".join(map(cell, reproduction_sentences(found)))


def _quality(report: Report) -> Iterator[str]:
    found = report.qoe
    if found is None:
        return
    for aspect, heading in HEADINGS.items():
        rows = felt_rows(found, aspect)
        if rows:
            yield f"| {heading} | {' | '.join(FELT)} |"
            yield "| :-- | --: | --: | --: |"
            yield from (f"| {cell(row.title)} | {' | '.join(row.cells)} |" for row in rows)
            yield ""
    yield from (f"- {cell(sentence)}" for sentence in qoe_sentences(found))
    pages = page_cells(found)
    if pages:
        yield ""
        yield f"| {PAGE_HEADING} | {' | '.join(PAGE_COLUMNS)} |"
        yield "| :-- | --: | --: |"
        yield from (f"| {cell(row.title)} | {' | '.join(row.cells)} |" for row in pages)
        yield ""
        yield from (f"- {cell(sentence)}" for sentence in page_sentences(found))
    if found.answers is not None:
        yield from (f"- {cell(sentence)}" for sentence in answer_sentences(found.answers))


def _scaling(report: Report) -> Iterator[str]:
    found = report.scaling
    if found is None:
        return
    yield f"| {THREADS} | {' | '.join(SCALING)} |"
    yield f"| :-- |{' --: |' * len(SCALING)}"
    yield from (f"| {row.threads} | {' | '.join(row.cells)} |" for row in curve_rows(found))
    yield ""
    yield from (f"- {cell(sentence)}" for sentence in scaling_sentences(found))


def _inside(report: Report) -> Iterator[str]:
    if report.inside is None:
        return
    yield f"### {HEADING}"
    yield ""
    rows = inside_rows(report.inside)
    if rows:
        yield f"| | {' | '.join(COLUMNS)} | in operators |"
        yield f"| :-- |{' --: |' * len(COLUMNS)} :-- |"
        yield from (f"| {row.name} | {' | '.join(row.cells)} | {cell(row.operators, 80)} |" for row in rows)
        yield ""
    yield from (f"- {cell(sentence)}" for sentence in inside_sentences(report.inside))


def _doubts(report: Report) -> Iterator[str]:
    sentences = doubts(report)
    if sentences:
        yield "### Doubts"
        yield ""
        yield from (f"- {cell(sentence)}" for sentence in sentences)


def _measured(report: Report) -> Iterator[str]:
    model, machine = report.model, report.machine
    yield "### How it was measured"
    yield ""
    command = harmless(" ".join(report.tool.argv)).replace("`", "'")
    yield f"- `{command}`, gapprof {cell(report.tool.version)}, {cell(report.began_utc)}"
    yield (
        f"- {cell(machine.cpu)}, {machine.usable_cores} of {machine.logical_cores} cores usable, "
        f"{numbers.size(machine.memory_bytes)}, {cell(machine.system)} {cell(machine.architecture)}"
    )
    for check in report.checks:
        if check.id in _OF_THE_GPU:
            yield f"- {cell(check.text[:1].upper() + check.text[1:])}."
    if model.size_bytes is not None and model.parameters is not None and model.nodes is not None:
        yield (
            f"- {cell(model.name, 60)}: {numbers.size(model.size_bytes)}, {numbers.count(model.parameters)} "
            f"parameters, {model.nodes} operators, sha256 {cell(model.sha256 or '')}"
        )
    if report.gap.ratio is not None and report.gap.ratio.rounds > 1:
        share = numbers.whole_percent(report.gap.ratio.level)
        yield f"- In brackets: {share} intervals over {report.gap.ratio.rounds} rounds."


RENDERER = MarkdownRenderer()
