"""Where the time of a request goes, held to what the kernel says of threads, visit by visit: runs of
`gapprof explain` for four models of the zoo, of 2 to 40 ms a run in the page, with their recordings.

python reports/balance.py [NAME ...]           both kinds of run, default: for every model, and the tables
python reports/balance.py whole [NAME ...]     the whole ladder; reports/balance/NAME.jsonl, .json and .md
python reports/balance.py traced [NAME ...]    on the busy page, traced; reports/balance/traced/NAME-*.jsonl
python reports/balance.py table                the tables of what is there alone; they are always made anew
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from gapprof.facts.case import Case
from gapprof.facts.closing import CLOSES, Visited, visited
from gapprof.recordings import read_run
from gapprof.records.trial import Trace
from gapprof.reports import read_report
from gapprof.text import numbers

HERE = Path(__file__).parent / "balance"
TRACED = HERE / "traced"
MODELS = ("decoder-small", "resnet20", "bert-small", "mobilenetv2")
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}
WHERE = ("main", "worker")
THREADS = (1, 2)
CHECK = "core-speed"

INTRODUCTION = """# The scheduler's figures add up

One run of `gapprof explain zoo:NAME` each (`python reports/balance.py`), on two cores
that somebody else's machine shares: what that did to every run is told with it. Each
visit of the browser that counts is timed for long enough to be held to what the kernel
says of its threads, and closes where wall time is on-CPU, run-queue and blocked time
within {within}. Blocked time is measured by itself where a visit is traced, and bounded by
clocks that agree in the others: from below alone where the model's thread may wait for helpers
or V8's collector, as beside the large outputs of decoder-small, or for others' garbage on a page.

| model | visits | that can be told of | that close | the worst | traced | from below alone | the cores |
| :-- | --: | --: | --: | --: | --: | --: | :-- |"""

BY_ITSELF = """
## Blocked time measured by itself

The same models on the busy page (`--page busy --rungs ends`), in visits that are traced: every thread of the
model is looked at about once every millisecond, so on-CPU, run-queue and blocked time each come from
somewhere else, and a lack of any one shows on both sides, whoever the thread waited for. Where the machine
is too full to look often enough, a visit cannot be told of. *Blocked*: the thread that runs the model, of all
its time.

| model | where | threads | visits | that can be told of | that close | the worst | blocked |
| :-- | :-- | --: | --: | --: | --: | --: | --: |"""


def explained(folder: Path, stem: str, kinds: Iterable[str], *words: str) -> None:
    """One run, in the folder that it is for: nothing in the recording says where that lies.

    What lay there is removed first, so that no older file passes for this run's; a run whose status is not ok
    is published as well, and says so.
    """
    folder.mkdir(exist_ok=True)
    files = {kind: folder / f"{stem}.{kind}" for kind in kinds}
    for path in files.values():
        path.unlink(missing_ok=True)
    outputs = [word for kind, path in files.items() for word in (OPTIONS[kind], path.name)]
    command = [sys.executable, "-m", "gapprof", "explain", *words, "--quiet", *outputs]
    done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, timeout=3600)
    lacking = [f"wrote no {path.name}" for path in files.values() if not path.exists()]
    if not lacking:
        end = read_run(files["jsonl"]).end
        lacking = [] if end is not None and end.reason == "finished" else ["did not come to its end"]
    if lacking:
        told = " and ".join(lacking)
        sys.exit(f"gapprof explain {' '.join(words)} ended with {done.returncode} and {told}; run it again")


def whole(name: str) -> None:
    """The ladder with its report."""
    explained(HERE, name, OPTIONS, f"zoo:{name}", "--rungs", "auto")


def traced(name: str) -> None:
    """The ends of the ladder alone, for every place: only what they leave of a recording counts."""
    for _, where, threads in places((name,)):
        place = ("--page", "busy", "--where", where, "--threads", str(threads))
        stem = recording_of(name, where, threads).stem
        explained(TRACED, stem, ("jsonl",), f"zoo:{name}", *place, "--rungs", "ends", "--budget", "45")


def places(names: Iterable[str] = MODELS) -> Iterator[tuple[str, str, int]]:
    """Whose blocked time is measured, where it runs and with how many threads."""
    yield from product(names, WHERE, THREADS)


def recording_of(name: str, where: str, threads: int) -> Path:
    """Of a model's traced visits in one place."""
    return TRACED / f"{name}-{where}-{threads}.jsonl"


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION.format(within=numbers.percent(CLOSES))
    for name in MODELS:
        if (HERE / f"{name}.jsonl").exists():
            yield _row(name)
    yield BY_ITSELF
    for name, where, threads in places():
        if (recording := recording_of(name, where, threads)).exists():
            yield _cells(name, where, str(threads), *_traced_cells(recording))


def visits_in(recording: Path) -> tuple[Visited, ...]:
    """Those of which a kernel told."""
    return tuple(one for one in visited(Case(read_run(recording))) if one.told)


def _row(name: str) -> str:
    visits = visits_in(HERE / f"{name}.jsonl")
    found = [one for one in visits if one.closures]
    report = read_report(HERE / f"{name}.json")
    return _cells(
        f"[{name}]({name}.md)",
        *_counts(visits),
        str(sum(one.traced for one in found)),
        str(sum(not one.bounded for one in found)),
        "; ".join(check.text for check in report.checks if check.id == CHECK),
    )


def _traced_cells(recording: Path) -> Iterator[str]:
    yield from _counts([one for one in visits_in(recording) if one.traced])
    threads = [one for trace in read_run(recording).of(Trace) for one in trace.balances]
    shares = [one.blocked_ms / one.wall_ms for one in threads if one.role == "inference"]
    yield f"{numbers.whole_percent(min(shares))} to {numbers.whole_percent(max(shares))}" if shares else "–"


def _counts(visits: Iterable[Visited]) -> tuple[str, str, str, str]:
    """How many there are, can be told of and close, and what is furthest from it."""
    visits = tuple(visits)
    found = [one for one in visits if one.closures]
    worst = max((abs(closure.error) for one in found for closure in one.closures), default=0.0)
    closing = sum(one.closes for one in found)
    return str(len(visits)), str(len(found)), str(closing), numbers.percent(worst)


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure what was named, or all; then the tables."""
    kinds = {"whole": (whole,), "traced": (traced,), "table": ()}
    first, *others = sys.argv[1:] or MODELS
    names = (others or MODELS) if first in kinds else (first, *others)
    for name in names:
        for measure in kinds.get(first, (whole, traced)):
            measure(name)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
