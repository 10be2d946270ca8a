"""Memory as Markdown."""

from collections.abc import Iterator, Sequence

from gapprof.digest.memory import (
    COLUMNS,
    GPU_COLUMNS,
    GPU_HEADING,
    HEADING,
    MemoryCells,
    gpu_rows,
    memory_rows,
    memory_sentences,
)
from gapprof.records.report import Report
from gapprof.text.names import markdown as cell


def memory_section(report: Report) -> Iterator[str]:
    """A table by stage, that of buffers on a GPU, and the sentences; nothing where nobody looked."""
    rows = memory_rows(report.memory)
    if not rows:
        return
    yield from _table(HEADING, COLUMNS, rows)
    if on_gpu := gpu_rows(report.memory):
        yield from _table(GPU_HEADING, GPU_COLUMNS, on_gpu)
    yield from (f"- {cell(sentence)}" for sentence in memory_sentences(report.memory))


def _table(heading: str, columns: Sequence[str], rows: Sequence[MemoryCells]) -> Iterator[str]:
    yield f"| {heading} | {' | '.join(columns)} |"
    yield f"| :-- |{' --: |' * len(columns)}"
    yield from (f"| {cell(row.title)} | {' | '.join(row.cells)} |" for row in rows)
    yield ""
