"""Who ran the nodes, and to whom slow runs belong, as Markdown."""

from collections.abc import Iterator

from gapprof.digest.gpu_placement import (
    COLUMNS,
    FILED,
    PLACED,
    filed_sentences,
    placed_rows,
    placed_sentences,
)
from gapprof.records.report import Report
from gapprof.text.names import markdown as cell


def placement_section(report: Report, count: int) -> Iterator[str]:
    """The table of nodes and the sentences; nothing where the runtime did not say."""
    found = report.gpu_operators.placement if report.gpu_operators is not None else None
    if found is None:
        return
    yield f"### {PLACED}"
    yield ""
    yield f"| Operator | {' | '.join(COLUMNS)} |"
    yield f"| :-- |{' --: |' * len(COLUMNS)}"
    yield from (f"| {cell(name, 80)} | {' | '.join(cells)} |" for name, *cells in placed_rows(found, count))
    yield ""
    yield from (f"- {cell(sentence)}" for sentence in placed_sentences(found))


def filing_section(report: Report) -> Iterator[str]:
    """The verdict and its figures; nothing on the processor."""
    found = report.gpu_operators.where_to_file if report.gpu_operators is not None else None
    if found is None:
        return
    yield f"### {FILED}"
    yield ""
    yield from (f"- {cell(sentence)}" for sentence in filed_sentences(found))
