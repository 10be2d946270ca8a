"""The way to a first result as Markdown."""

from collections.abc import Iterator

from gapprof.digest.cold import (
    COLUMNS,
    COMPILER_COLUMNS,
    COMPILERS,
    CREATION,
    GPU_COLUMNS,
    GPU_HEADINGS,
    HEADINGS,
    cold_sentences,
    compiler_rows,
    creation_rows,
    gpu_rows,
    stage_rows,
)
from gapprof.records.report import Report
from gapprof.text.names import markdown as cell


def cold_section(report: Report) -> Iterator[str]:
    """Tables: states of the caches, what they make on a GPU, V8's compilers, making a session; sentences.
    Nothing without --cold."""
    cold = report.cold
    for start in cold.starts:
        yield f"| {HEADINGS[start.cache]} | {' | '.join(COLUMNS)} |"
        yield "| :-- | --: | --: | --: |"
        yield from (
            f"| {cell(row.title)} | {' | '.join(map(cell, row.cells))} |" for row in stage_rows(start)
        )
        yield ""
    for start in cold.starts:
        if made := gpu_rows(start):
            yield f"| {GPU_HEADINGS[start.cache]} | {' | '.join(GPU_COLUMNS)} |"
            yield "| :-- | --: | --: | --: |"
            yield from (f"| {cell(title)} | {' | '.join(cells)} |" for title, cells in made)
            yield ""
    compilers = compiler_rows(cold)
    if compilers:
        yield f"| {COMPILERS} | {' | '.join(COMPILER_COLUMNS)} |"
        yield "| :-- | --: | --: | --: |"
        yield from (f"| {cell(title)} | {' | '.join(cells)} |" for title, cells in compilers)
        yield ""
    if cold.creation:
        yield f"| {CREATION} | {COLUMNS[0]} | {COLUMNS[2]} |"
        yield "| :-- | --: | --: |"
        yield from (f"| {cell(title)} | {web} | {native} |" for title, web, native in creation_rows(cold))
        yield ""
    yield from (f"- {cell(sentence)}" for sentence in cold_sentences(cold))
