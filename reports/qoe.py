"""What inference does to a page, for four models of the zoo: a run of `gapprof qoe` each, with its recording.

python reports/qoe.py [NAME ...]      default: all four; writes reports/qoe/NAME.jsonl, .json and .md
python reports/qoe.py table           the table of what is there alone; it is always made anew
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gapprof.digest.qoe import COLUMNS, felt_rows
from gapprof.records.sections.quality import Answers, QoE
from gapprof.reports import read_report

HERE = Path(__file__).parent / "qoe"
MODELS = ("mobilenetv2", "squeezenet", "resnet20", "bert-small")
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}
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
    command = [sys.executable, "-m", "gapprof", "qoe", f"zoo:{name}", *files, "--quiet"]
    subprocess.run(command, cwd=HERE, check=False, timeout=1800)


def table() -> Iterator[str]:
    """Of what was published: the rows that say most."""
    yield "# What inference does to a page"
    yield ""
    yield "One run of `gapprof qoe` for each model (`python reports/qoe.py`); in brackets, times as much as"
    yield "at rest with its 95 % interval. Beside this lie the recordings and the whole reports."
    yield ""
    yield f"| model | | {' | '.join(COLUMNS)} |"
    yield "| :-- | :-- | --: | --: | --: |"
    for name in MODELS:
        path = HERE / f"{name}.json"
        found = read_report(path).qoe if path.is_file() else None
        if found is not None:
            yield from _rows(f"[{name}]({name}.md)", found)


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
    if found.answers is not None:
        yield f"| {name} | accuracy | | {_told(found.answers)} | |"


def _told(answers: Answers) -> str:
    words = [f"{answers.frames} inputs: cosine {answers.cosine:.6f}"]
    if answers.top1 is not None:
        words.append(f"{answers.top1:.0%} the same class")
    late = [row for row in answers.late if row.who == "web" and row.accuracy is not None]
    if answers.classes > 1 and late:
        words.append(f"{late[0].accuracy or 0:.0%} of a stream of 30 a second seen with the right one")
    return ", ".join(words)


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        if name != "table":
            measured(name)
    (HERE / "README.md").write_text("\n".join(table()) + "\n")


if __name__ == "__main__":
    main()
