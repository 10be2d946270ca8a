"""Memory as Markdown."""

from collections.abc import Iterator

from gapprof.digest.memory import COLUMNS, HEADING, memory_rows, memory_sentences
from gapprof.records.report import Report
from gapprof.text.names import markdown as cell


def memory_section(report: Report) -> Iterator[str]:
    """A table by stage, and the sentences; nothing where nobody looked."""
    rows = memory_rows(report.memory)
    if not rows:
        return
    yield f"| {HEADING} | {' | '.join(COLUMNS)} |"
    yield f"| :-- |{' --: |' * len(COLUMNS)}"
    yield from (f"| {cell(row.title)} | {' | '.join(row.cells)} |" for row in rows)
    yield ""
    yield from (f"- {cell(sentence)}" for sentence in memory_sentences(report.memory))
