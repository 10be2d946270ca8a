"""One table of a study: a row for each model that has a figure in it, and the words of its cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gapprof.records.estimate import Estimate
from gapprof.records.study import Stages, StudiedModel, Study
from gapprof.text import numbers
from gapprof.text.names import markdown as cell

NONE = "–"
"""Where a model has no such figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One of the tables: a row for each model that has a figure of its own in it."""

    id: str
    """In `StudiedModel.missing`."""
    columns: tuple[str, ...]
    row: Callable[[StudiedModel], Sequence[str]]
    papers: tuple[str, ...] = ()
    """Columns of the paper's figures, behind ours."""
    theirs: Callable[[StudiedModel], Sequence[str]] = lambda _: ()


def tabled(study: Study, table: Table) -> Iterator[str]:
    """A row for each model that has a figure here, and the others that have a report by name.

    Those without one are named at the end, with the reason.
    """
    heads = (*table.columns, *table.papers)
    reported = [one for one in study.models if one.status]
    rows = {one.stem: tuple(table.row(one)) for one in reported}
    shown = [one for one in reported if any(text.strip(f"{NONE} /") for text in rows[one.stem])]
    if shown:
        yield f"| model | {' | '.join(heads)} |"
        yield f"| :-- |{' --: |' * len(heads)}"
    for one in shown:
        cells = (*rows[one.stem], *table.theirs(one))
        yield f"| [{cell(one.model, 60)}]({one.stem}.md) | {' | '.join(cells)} |"
    without = [one for one in reported if one not in shown]
    if without:
        told = (
            f"{cell(one.model, 60)} ({cell(one.why or one.missing.get(table.id, '') or 'not measured')})"
            for one in without
        )
        if shown:
            yield ""
        yield f"No figures here: {', '.join(told)}."
    if not reported:
        yield "No model has figures yet."


def threads_each(study: Study) -> str:
    """`2 threads`, as many as there are cores."""
    return f"{study.cores} threads" if study.cores > 1 else "every core"


def three(stages: Stages | None) -> str:
    """Setup, first run, prediction; ms."""
    if stages is None:
        return NONE
    prediction = stages.prediction_ms
    values = (stages.setup_ms, stages.warmup_ms, prediction.point if prediction else None)
    return " / ".join(ms(value) for value in values)


def ms(value: float | None) -> str:
    """For a column whose heading says the unit."""
    return NONE if value is None else numbers.bare_ms(value)


def point(found: Estimate | None) -> str:
    """A time without its interval, ms."""
    return ms(found.point if found else None)


def factor(found: Estimate | None) -> str:
    """How many times, with its interval."""
    return NONE if found is None else numbers.factor_with_interval(found)


def times(value: float | None) -> str:
    """How many times, of a figure that has none."""
    return NONE if value is None else numbers.factor(value)


def rate(found: Estimate | None) -> str:
    """As `bare`; nothing where there is none."""
    return NONE if found is None else bare(found)


def bare(found: Estimate) -> str:
    """A figure whose unit the heading says, with its interval."""
    low, high = numbers.bare_ms(found.low), numbers.bare_ms(found.high)
    return f"{numbers.bare_ms(found.point)} [{low}, {high}]"
