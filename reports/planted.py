"""Pages with a planted load, and what gapprof says of them beside a direct A/B: ten cases, an
hour and a quarter.

python reports/planted.py [CASE ...]    default: every one; writes reports/planted/CASE.jsonl and .json
python reports/planted.py table         figures and table of what is there; it measures nothing

The measuring is that of benchmarks/planted_contention.py, which says how.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.text.numbers import change_with_interval, whole_percent

HERE = Path(__file__).parent / "planted"
PLACES = {
    "main": "on the main thread",
    "worker": "in a worker",
    "asking-worker": "in a worker that asks by itself",
}
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "planted_contention.py"


INTRODUCTION = """# Planted contention

A page whose timer works for a share of its period. *Directly*: requests while it burns over requests while
there is no timer, in turn in one launch, launch after launch until the 95 % interval is within 5 % of the
factor (bounded in time; else undecided). *explain*: what one run of `gapprof explain` says of the page's own
work, which knows nothing of the A/B, and of `contention` as a whole, in which the step onto the main thread
is as well. Both sides run the same file with the same session options. Recovered: the two are within 10 % of
each other and their intervals meet. In a worker with a core to spare *runs alone* cost next to nothing;
requests are late all the same where the page that burns is the one that asks. Where the worker asks by itself
(`--where asking-worker`) nothing is planted on it: recovered there is "unclear" with intervals that meet, or
the small true value. `python reports/planted.py` makes this anew; each case has its recording, and both
sides' figures with every request of the A/B.

| model | runs | planted | directly | explain: page | contention | | runs alone | explain: slower runs |
| :-- | :-- | --: | --: | --: | --: | :-- | --: | --: |"""


class Row(Struct, frozen=True, kw_only=True):
    """Of a case's figures, what the table shows."""

    model: str
    where: str
    duty: float
    direct: Estimate
    explained: Estimate | None
    contention: Estimate | None
    direct_runs: Estimate
    explained_runs: Estimate | None
    outcome: str


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION
    for path in sorted(HERE.glob("*.json")):
        row = msgspec.json.decode(path.read_bytes(), type=Row)
        cells = (
            f"[{row.model}]({path.stem}.json)",
            PLACES[row.where],
            whole_percent(row.duty),
            *map(_cell, (row.direct, row.explained, row.contention)),
            row.outcome,
            *map(_cell, (row.direct_runs, row.explained_runs)),
        )
        yield f"| {' | '.join(cells)} |"


def _cell(one: Estimate | None) -> str:
    return change_with_interval(one) if one else "–"


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    cases = ["again"] if sys.argv[1:] == ["table"] else sys.argv[1:]
    subprocess.run([sys.executable, str(BENCHMARK), str(HERE), *cases], check=True, timeout=7200)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
