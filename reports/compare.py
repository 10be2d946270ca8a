"""Two equal runs and a different one, for `compare`: three runs of one model, one after another.

python reports/compare.py [NAME ...]    default: all three; writes reports/compare/NAME.jsonl and the page
python reports/compare.py page          the page alone, of what is there; it measures nothing
"""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gapprof.comparison.build import compare
from gapprof.digest.changes import cause_rows, whole_rows, word
from gapprof.explain.versions import versions
from gapprof.facts.case import Case
from gapprof.recordings import read_run
from gapprof.records.comparison import Change
from gapprof.reports import read_report
from gapprof.text.numbers import change_with_interval

HERE = Path(__file__).parent / "compare"
ALIKE = ("gapprof", "explain", "zoo:resnet20", "--budget", "60", "--rungs", "main", "--quiet")
RUNS: Mapping[str, tuple[str, ...]] = {"quiet": (), "quiet-again": (), "busy": ("--page", "busy")}
PAGE = "page"
FIRST, *OTHERS = RUNS
INTRODUCTION = """# Two equal runs and a different one

Three runs of one model on one machine, one after another: twice as it comes, then beside the built-in busy
page. `gapprof compare` must find that no cause moved between the first two, and between the first and the
third a change of `contention` alone; a test holds it to that. What it says of both pairs stands below, as it
is: a row whose own 95 % interval leaves out 1 reads *unclear*, which among so many rows may be chance. Of the
[second runs of three models](../repeat/README.md) it says "no change" in every row, which is a test as well.
`python reports/compare.py` makes all three runs and this page anew.
"""


def command(name: str) -> tuple[str, ...]:
    """As typed from the top of a checkout: recordings name no machine's paths."""
    return (*ALIKE, *RUNS[name], "--recording", f"reports/compare/{name}.jsonl")


def page() -> Iterator[str]:
    """What the runs are, and with what they were made."""
    yield INTRODUCTION
    yield f"{'; '.join(dict.fromkeys(map(made_on, RUNS)))}."
    yield ""
    yield "```"
    yield from (shlex.join(command(name)) for name in RUNS)
    yield "```"
    for other in OTHERS:
        yield ""
        yield from said(other)


def said(other: str) -> Iterator[str]:
    """What `compare` makes of the first run and another one: its sentence, and the rows in which more is said
    than "no change"."""
    runs = tuple(f"reports/compare/{name}.jsonl" for name in (FIRST, other))
    found = compare(*(read_report(HERE.parents[1] / run) for run in runs))
    yield f"`gapprof compare {shlex.join(runs)}`:"
    yield ""
    yield f"> {found.headline}"
    yield ""
    yield "| | times as much | |"
    yield "| :-- | --: | :-- |"
    rows = (*whole_rows(found), *cause_rows(found))
    yield from (f"| {row.title} | {_by(row)} | {word(row)} |" for row in rows if row.verdict != "no-change")
    yield "| all other rows | | no change |"


def _by(row: Change) -> str:
    return change_with_interval(row.factor) if row.factor else ""


def made_on(name: str) -> str:
    """Programs and processor."""
    run = read_run(HERE / f"{name}.jsonl")
    machine = run.begin.machine
    found = {"gapprof": run.begin.gapprof_version, **versions(Case(run))}
    programs = ", ".join(f"{program} {version}" for program, version in found.items())
    return f"{programs}, {machine.usable_cores} cores of {machine.cpu}"


def main() -> None:
    """Measure what was named, or all; then the page."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or RUNS:
        if name != PAGE:
            done = subprocess.run(
                [sys.executable, "-m", *command(name)], cwd=HERE.parents[1], check=False, timeout=1800
            )
            if not (HERE / f"{name}.jsonl").is_file():
                sys.exit(f"{name}: gapprof ended with {done.returncode} and wrote no recording")
    (HERE / "README.md").write_text("\n".join(page()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
