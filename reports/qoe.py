"""Page and inference, both ways, for four models of the zoo: a run of `gapprof qoe` each, with its recording.

python reports/qoe.py [NAME ...]      default: all four; writes reports/qoe/NAME.jsonl, .json and .md
python reports/qoe.py table           the table of what is there alone; it is always made anew
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gapprof.digest.qoe import (
    COLUMNS,
    PAGE_COLUMNS,
    felt_rows,
    late_kinds,
    page_cells,
    shown_right,
)
from gapprof.records.sections.quality import Answers, PageKind, QoE
from gapprof.reports import read_report

HERE = Path(__file__).parent / "qoe"
MODELS = ("mobilenetv2", "squeezenet", "resnet20", "bert-small")
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}
BUDGET_S = 300
"""Four rounds of each: of 180 s bert-small had two, and mobilenetv2 and squeezenet three."""
RATES = (10.0, 2.0, 1.0)
TITLES: Mapping[PageKind, str] = {"busy": "On the built-in busy page", "busier": "at twice its load"}
SHOWN: Mapping[str, str] = {
    "event-p50": "click to frame, ms",
    "components": "a component, ms",
    "steps": "steps a minute",
    "frame-p95": "between frames, p95, ms",
    "video-rate": "video, frames per s",
}


def measured(name: str) -> None:
    """One run, in the folder that it is for: nothing in the recording says where that lies."""
    files = [word for kind, option in OPTIONS.items() for word in (option, f"{name}.{kind}")]
    command = [sys.executable, "-m", "gapprof", "qoe", f"zoo:{name}", *files]
    command += ["--budget", str(BUDGET_S), "--quiet"]
    subprocess.run(command, cwd=HERE, check=False, timeout=1800)


def table() -> Iterator[str]:
    """Of what was published: the rows that say most."""
    found = {name: section for name in MODELS if (section := _published(name)) is not None}
    yield "# Page and inference, both ways"
    yield ""
    yield "One run of `gapprof qoe` for each model (`python reports/qoe.py`, some minutes each); beside this"
    yield "lie the recordings and the whole reports. What inference does to the page; in brackets, times"
    yield "as much as at rest with its 95 % interval:"
    yield ""
    yield f"| model | | {' | '.join(COLUMNS)} |"
    yield "| :-- | :-- | --: | --: | --: |"
    for name, section in found.items():
        yield from _rows(f"[{name}]({name}.md)", section)
    yield ""
    yield "Frames come at whole steps of the display's refresh: an interval without width between them says"
    yield "that all rounds fell on the same step, not how precisely it is known. A worker takes a core: what"
    yield "a page loses by that, whoever takes it, stands [apart](../taken_core/README.md)."
    yield ""
    yield "What the page does to inference:"
    yield ""
    yield f"| model | page | {' | '.join(PAGE_COLUMNS)} |"
    yield "| :-- | :-- | --: | --: |"
    for name, section in found.items():
        for row in page_cells(section):
            yield f"| [{name}]({name}.md) | {row.title} | {' | '.join(row.cells)} |"
    yield ""
    yield from _unresolved(found)
    yield "What answers are worth: those of the page held against native's, and frames of a stream of 30 a"
    yield "second that are seen with a right answer, with 95 % intervals over scenes:"
    yield ""
    yield "| model | answers agree | right is | at the page's pace | 10 a second | 2 a second | 1 a second |"
    yield "| :-- | :-- | :-- | --: | --: | --: | --: |"
    for name, section in found.items():
        if section.answers is not None:
            yield from _answers(f"[{name}]({name}.md)", section.answers)


def _published(name: str) -> QoE | None:
    path = HERE / f"{name}.json"
    return read_report(path).qoe if path.is_file() else None


def _unresolved(found: Mapping[str, QoE]) -> Iterator[str]:
    """The busy pages whose interval holds 1: these runs do not say whether they slow requests down."""
    told = []
    for page, title in TITLES.items():
        rows = [(name, row.times) for name, one in found.items() for row in one.pages if row.page == page]
        held = [name for name, times in rows if times is None or times.low <= 1 <= times.high]
        if held:
            told.append(f"{title}: {', '.join(held)} ({len(held)} of {len(rows)})")
    if told:
        yield "Not resolved, for the interval holds 1: these runs do not tell whether the page slows requests"
        yield "of these models down at all."
        yield "; ".join(told) + "."
        yield ""


def _rows(name: str, found: QoE) -> Iterator[str]:
    shown = {
        row.id: cells
        for aspect in ("responsiveness", "smoothness")
        for row, cells in zip(
            (row for row in found.rows if row.aspect == aspect), felt_rows(found, aspect), strict=True
        )
    }
    for row, title in SHOWN.items():
        if row in shown:
            yield f"| {name} | {title} | {' | '.join(shown[row].cells)} |"


def _answers(name: str, answers: Answers) -> Iterator[str]:
    agree = [f"cosine {answers.cosine:.6f}"]
    if answers.top1 is not None:
        agree.append(f"{answers.top1:.0%} the same class{' (of one)' if answers.classes == 1 else ''}")
    if answers.nearest is not None:
        agree.append(f"{answers.nearest:.0%} nearest to the same of {answers.nearest_scenes} scenes")
    for kind in late_kinds(answers):
        paces = [row for row in answers.late if row.who == "web"]
        rates = {row.answers_per_s: row for row in answers.late if row.who == "rate"}
        shown = [*paces[:1], *(rates[rate] for rate in RATES)]
        cells = [shown_right(row, kind) or "" for row in shown]
        right = "first class" if kind == "class" else "nearest scene"
        yield f"| {name} | {', '.join(agree)} | {right} | {' | '.join(cells)} |"


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        if name != "table":
            measured(name)
    (HERE / "README.md").write_text("\n".join(table()) + "\n")


if __name__ == "__main__":
    main()
