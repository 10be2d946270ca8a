"""Where the time of a request goes, held to what the kernel says of threads, visit by visit: a run of
`gapprof explain` for four models of the zoo, of 2 to 40 ms a run in the page, with its recording.

python reports/balance.py [NAME ...]      default: all; writes reports/balance/NAME.jsonl, .json and .md
python reports/balance.py table           the table of what is there alone; it is always made anew
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gapprof.facts.case import Case
from gapprof.facts.closing import CLOSES, visited
from gapprof.recordings import read_run
from gapprof.reports import read_report
from gapprof.text import numbers

HERE = Path(__file__).parent / "balance"
MODELS = ("decoder-small", "resnet20", "bert-small", "mobilenetv2")
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}
CHECK = "core-speed"


def measured(name: str) -> None:
    """One run, in the folder that it is for: nothing in the recording says where that lies."""
    files = [word for kind, option in OPTIONS.items() for word in (option, f"{name}.{kind}")]
    command = [sys.executable, "-m", "gapprof", "explain", f"zoo:{name}", "--rungs", "auto"]
    subprocess.run([*command, *files, "--quiet"], cwd=HERE, check=False, timeout=3600)


def table() -> Iterator[str]:
    """Of what was published."""
    within = numbers.percent(CLOSES)
    yield "# The scheduler's figures add up"
    yield ""
    yield "One run of `gapprof explain zoo:NAME` each (`python reports/balance.py`), on two cores"
    yield "that somebody else's machine shares: what that did to every run is told with it. Each"
    yield "visit of the browser that counts is timed for long enough to be held to what the kernel"
    yield "says of its threads, and closes where wall time is on-CPU, run-queue and blocked time"
    yield f"within {within}. Blocked time is measured by itself where a visit is traced, and bounded by"
    yield "clocks that agree in the others: from below alone where the model's thread may wait for helpers"
    yield "or V8's collector, as beside the large outputs of decoder-small, or for others' garbage on a page."
    yield ""
    told = "that can be told of | that close | the worst | traced | from below alone"
    yield f"| model | visits | {told} | the cores |"
    yield "| :-- | --: | --: | --: | --: | --: | --: | :-- |"
    for name in MODELS:
        if (HERE / f"{name}.jsonl").exists():
            yield _row(name)


def _row(name: str) -> str:
    visits = [one for one in visited(Case(read_run(HERE / f"{name}.jsonl"))) if one.told]
    found = [one for one in visits if one.closures]
    worst = max((abs(closure.error) for one in found for closure in one.closures), default=0.0)
    report = read_report(HERE / f"{name}.json")
    cores = "; ".join(check.text for check in report.checks if check.id == CHECK)
    cells = (
        f"[{name}]({name}.md)",
        str(len(visits)),
        str(len(found)),
        str(sum(one.closes for one in found)),
        numbers.percent(worst),
        str(sum(one.traced for one in found)),
        str(sum(not one.bounded for one in found)),
        cores,
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    asked = sys.argv[1:]
    for model in () if asked == ["table"] else asked or MODELS:
        measured(model)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")
