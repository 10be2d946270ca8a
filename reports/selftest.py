"""The whole selftest several times in a row: each with its recording and its rows, and the table of them all.

python reports/selftest.py [TIMES]      default: three; twenty minutes to an hour and a half each
python reports/selftest.py next         one more, behind those that are there
python reports/selftest.py table        the table of what is there; it measures nothing

Writes reports/selftest/run-N.jsonl, run-N.json and README.md. Ends with 1 unless every row of every run
passes; one that the machine cannot show does not.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gapprof.records.estimate import Estimate
from gapprof.records.selftest import Selftest, SelftestRow
from gapprof.text.names import markdown
from gapprof.text.numbers import confidence, duration, factor_with_interval, many

HERE = Path(__file__).parent / "selftest"
TIMES = 3
_LONGEST_S = 7200.0
INTRODUCTION = """# The selftest

`gapprof selftest` plants causes of known size on the machine it runs on and holds what its own reports say
against what an A/B of the one switch measures in the same rounds. Runs made in a row, each with seed, order
and rounds of its own; `python reports/selftest.py` makes them anew. *Planted* is the A/B, *found* what the
report takes its saving from, both as times slower with {level} intervals, by which rows are judged. A row
passes only where its intervals are narrow enough that a difference would have shown.
"""


def command(number: int) -> tuple[str, ...]:
    """As typed in the folder that it is for: nothing in the recording says where that lies."""
    files = ("--recording", f"run-{number}.jsonl", "--json", f"run-{number}.json")
    return ("gapprof", "selftest", "--quiet", "--seed", str(number), *files)


def measured(number: int) -> None:
    """One run."""
    typed = [sys.executable, "-m", *command(number)]
    done = subprocess.run(typed, cwd=HERE, check=False, timeout=_LONGEST_S)
    if not (HERE / f"run-{number}.json").is_file():
        sys.exit(f"gapprof selftest ended with {done.returncode} and wrote no rows")


def published() -> dict[str, Selftest]:
    """Stem of its files → a run, in order."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Selftest)
        for path in sorted(HERE.glob("run-*.json"))
    }


def table(runs: dict[str, Selftest]) -> Iterator[str]:
    """Of what was published: one line per row and run, the runs of a row below each other."""
    level = max(run.level for run in runs.values())
    yield INTRODUCTION.format(level=confidence(level))
    yield "| run | | seed | rounds | environments | took | machine |"
    yield "| :-- | :-- | --: | --: | --: | --: | :-- |"
    for stem, run in runs.items():
        yield f"| {' | '.join(_of_run(stem, run))} |"
    yield ""
    yield "| what was planted | cause | run | planted | found | |"
    yield "| :-- | :-- | :-- | --: | --: | :-- |"
    rows = [(stem, row) for stem, run in runs.items() for row in run.rows]
    for key in dict.fromkeys((row.plant, row.cause) for _, row in rows):
        for stem, row in rows:
            if (row.plant, row.cause) == key:
                yield f"| {' | '.join(_of_row(stem, row))} |"


def all_pass(runs: dict[str, Selftest]) -> bool:
    """Whether every row of every run does: a run passes without those that its machine cannot show."""
    rows = [row for run in runs.values() for row in run.rows]
    return all(run.status == "passed" for run in runs.values()) and {row.status for row in rows} == {"pass"}


def _of_run(stem: str, run: Selftest) -> tuple[str, ...]:
    machine = run.machine
    return (
        f"[{stem}]({stem}.json)",
        f"{run.status}{f': {markdown(run.why)}' if run.why else ''}",
        str(run.seed),
        str(run.rounds),
        str(run.environments),
        duration(run.took_s),
        f"{many(machine.usable_cores, 'core')} of {machine.cpu}, {machine.system} {machine.architecture}",
    )


def _of_row(stem: str, row: SelftestRow) -> tuple[str, ...]:
    said = row.why if row.status != "pass" else ""
    return (
        row.title,
        row.cause or "–",
        stem,
        _cell(row.planted) if row.planted else row.said or "–",
        _cell(row.found),
        f"{row.status}{f': {markdown(said)}' if said else ''}",
    )


def _cell(one: Estimate | None) -> str:
    return factor_with_interval(one) if one else "–"


def main() -> int:
    """Measure as often as was asked, or not at all; then the table."""
    HERE.mkdir(exist_ok=True)
    wanted = sys.argv[1] if sys.argv[1:] else str(TIMES)
    if wanted == "next":
        measured(len(published()) + 1)
    elif wanted != "table":
        for earlier in HERE.glob("run-*"):
            earlier.unlink()
        for number in range(1, int(wanted) + 1):
            measured(number)
    runs = published()
    if not runs:
        sys.exit(f"there is no run in {HERE.name}/ to make a table of")
    (HERE / "README.md").write_text("\n".join(table(runs)) + "\n", encoding="utf-8")
    return 0 if all_pass(runs) else 1


if __name__ == "__main__":
    sys.exit(main())
