"""The corner points of three models by a script that shares no measuring code with gapprof, beside reports of
the same quarter of an hour: some four minutes each.

python reports/independent.py [zoo:MODEL ...]   default: all three; reports/independent/MODEL.jsonl and .json
python reports/independent.py table             figures and table of what is there; it measures nothing

The measuring is that of benchmarks/independent_ladder.py, which says how.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct
from places import forget_places

from gapprof.text.numbers import factor

HERE = Path(__file__).parent / "independent"
FOLDER = Path("reports") / "independent"
"""As typed from the top of a checkout: recordings name no machine's paths."""
BENCHMARK = Path("benchmarks") / "independent_ladder.py"
INTRODUCTION = """# The corner points, timed independently

A model goes through `gapprof explain`, and right after it through a plain script: fresh processes and
browsers in shuffled rounds, the browser by fetch and POST to a bare http.server, the median of single runs.
Shared are the model, its inputs and the CPUID ceiling, no measuring code. Each cell has the script's ratio,
the report's, and how far that is from the script's; a test makes all of them anew from every single run and
from the recording, and holds them to 10 %. This is the first set that was made, in one go.
`python reports/independent.py` measures it anew.
"""


class Row(Struct, frozen=True, kw_only=True):
    """Of a model's figures, what the table shows."""

    model: str
    threads: int
    began_utc: str
    cpu: str
    versions: dict[str, str]
    by_itself: dict[str, float]
    reported: dict[str, float]


def table() -> Iterator[str]:
    """Of what was published."""
    rows = {
        path.stem: msgspec.json.decode(path.read_bytes(), type=Row) for path in sorted(HERE.glob("*.json"))
    }
    yield INTRODUCTION
    for made in dict.fromkeys(f"{one.cpu}; {_programs(one)}" for one in rows.values()):
        yield f"Made on {made}."
    yield ""
    ratios = tuple(dict.fromkeys(what for one in rows.values() for what in one.by_itself))
    yield f"| model | threads | began | {' | '.join(ratios)} |"
    yield f"| :-- | --: | :-- | {' | '.join('--:' for _ in ratios)} |"
    for stem, one in rows.items():
        cells = (_cell(one.by_itself[what], one.reported[what]) for what in ratios)
        yield f"| [{one.model}]({stem}.json) | {one.threads} | {one.began_utc} | {' | '.join(cells)} |"


def _programs(one: Row) -> str:
    return ", ".join(f"{program} {version}" for program, version in sorted(one.versions.items()))


def _cell(by_itself: float, reported: float) -> str:
    return f"{factor(by_itself)}, {factor(reported)}: {reported / by_itself - 1:+.1%}"


def main() -> None:
    """Measure what was named, or all; then the table."""
    models = ["again"] if sys.argv[1:] == ["table"] else sys.argv[1:]
    command = [sys.executable, str(BENCHMARK), str(FOLDER), *models]
    subprocess.run(command, cwd=HERE.parents[1], check=True, timeout=3600)
    for recording in HERE.glob("*.jsonl"):
        forget_places(recording)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
