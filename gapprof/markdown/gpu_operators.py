"""What the GPU did, operator by operator, as Markdown."""

from collections.abc import Iterator

from gapprof.digest.gpu_operators import gpu_columns, gpu_heading, gpu_rows, gpu_sentences
from gapprof.records.report import Report
from gapprof.text.names import markdown as cell


def gpu_section(report: Report, count: int) -> Iterator[str]:
    """A table of the operators that take longest, and the sentences; nothing where no GPU was asked."""
    found = report.gpu_operators
    if found is None:
        return
    yield f"### {gpu_heading(found)}"
    yield ""
    if found.rows:
        rows, columns = gpu_rows(found, count), gpu_columns(found)
        yield f"| Operator | {' | '.join(columns)} |"
        yield f"| :-- |{' --: |' * len(columns)}"
        yield from (f"| {cell(row.name, 80)} | {' | '.join(row.cells)} |" for row in rows.rows)
        for one in (rows.others, rows.unnamed):
            if one is not None:
                yield f"| _{cell(one.name)}_ | {' | '.join(one.cells)} |"
        yield ""
    yield from (f"- {cell(sentence)}" for sentence in gpu_sentences(found, report.causes))
