"""Pages with a planted load, and what gapprof says of them beside a direct A/B; about a quarter of an hour.

python reports/planted.py [CASE ...]    default: every one; writes reports/planted/CASE.jsonl and .json
python reports/planted.py table         the table of what is there alone; it is always made anew

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
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "planted_contention.py"


INTRODUCTION = """# Planted contention

A page whose timer works for a share of its period. *Directly*: requests while it burns over requests while
it rests, in turn in one launch, launch after launch until the 95 % interval is within 5 % of the factor
(bounded in time; else undecided). *explain*: what one run of `gapprof explain` says of the page's own work,
which knows nothing of the A/B, and of `contention` as a whole, in which the step onto the main thread is as
well. Both sides run the same file with the same session options. Recovered: the two are within 10 % of each
other and their intervals meet; in a worker, with a core to spare, it is as well that nothing is beyond
doubt. `python reports/planted.py` makes this anew; each case has its recording, and both sides' figures with
every request of the A/B.

| model | the model runs | planted | directly | explain: the page | contention | verdict | |
| :-- | :-- | --: | --: | --: | --: | :-- | :-- |"""


class Row(Struct, frozen=True, kw_only=True):
    """Of a case's figures, what the table shows."""

    model: str
    where: str
    duty: float
    direct: Estimate
    explained: Estimate | None
    contention: Estimate | None
    verdict: str
    outcome: str


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION
    for path in sorted(HERE.glob("*.json")):
        row = msgspec.json.decode(path.read_bytes(), type=Row)
        cells = (
            f"[{row.model}]({path.stem}.json)",
            "on the main thread" if row.where == "main" else "in a worker",
            whole_percent(row.duty),
            change_with_interval(row.direct),
            *(change_with_interval(one) if one else "–" for one in (row.explained, row.contention)),
            row.verdict,
            row.outcome,
        )
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    if sys.argv[1:] != ["table"]:
        command = [sys.executable, str(BENCHMARK), str(HERE), *sys.argv[1:]]
        subprocess.run(command, check=True, timeout=7200)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
