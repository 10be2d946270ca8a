"""Each cause step by step: what it is worth in ms, from which steps it was read, what speaks for it."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gapprof.records.report import CauseRow, Report
from gapprof.terminal.ink import Ink
from gapprof.text import numbers


def causes_in_detail(report: Report, ink: Ink) -> Iterator[RenderableType]:
    """Causes that can apply here, with their children; then what changes did together."""
    titles = {rung.id: rung.title for rung in report.rungs}
    for cause in report.causes:
        if cause.verdict != "not-applicable":
            yield Text()
            yield from _cause(cause, ink, titles)
    if report.interactions:
        names = {cause.id: cause.title for cause in report.causes}
        yield Text()
        yield ink.text("   Together, beyond the product of each alone", "bold")
        yield ink.points(
            tuple(
                f"{' and '.join(names.get(name, name) for name in pair.between)}: "
                f"{numbers.factor_with_interval(pair.factor)}"
                for pair in report.interactions
            )
        )


def _cause(
    cause: CauseRow, ink: Ink, titles: dict[str, str], *, depth: int = 0, said: str = ""
) -> Iterator[RenderableType]:
    """`said` is the advice of the cause that this is a child of; it is not repeated."""
    lines = [ink.text(cause.title, "bold" if depth == 0 else ""), *(ink.text(line) for line in _worth(cause))]
    for step in cause.contrasts if cause.verdict != "not-applicable" else ():
        path = f"{titles.get(step.source, step.source)} → {titles.get(step.target, step.target)}"
        lines.append(ink.text(f"{numbers.factor_with_interval(step.factor)}  {path}, {step.side} side"))
    lines += [ink.text(evidence.text) for evidence in cause.evidence]
    if cause.advice and cause.advice != said:
        lines.append(ink.text(cause.advice, "italic"))
    yield Padding(lines[0], (0, 0, 0, 3 + 2 * depth))
    for line in lines[1:]:
        yield Padding(line, (0, 0, 0, 5 + 2 * depth))
    for child in cause.children:
        yield from _cause(child, ink, titles, depth=depth + 1, said=cause.advice)


def _worth(cause: CauseRow) -> Iterator[str]:
    if cause.verdict == "not-applicable":
        yield cause.why
        return
    if cause.ms is not None:
        yield f"{numbers.ms_with_interval(cause.ms)} of the difference"
    if cause.saving_ms is not None:
        yield f"{numbers.ms_with_interval(cause.saving_ms)} saved if it alone were gone"
    if cause.why:
        yield cause.why
