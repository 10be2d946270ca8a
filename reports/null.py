"""One side against itself, ten times natively and ten times in the browser: no cause may cost or save.

python reports/null.py [native|web ...]   default: both; writes reports/null/SIDE-NUMBER.jsonl and the page
python reports/null.py table              the table of what is there; it measures nothing

The measuring is that of benchmarks/null_runs.py, which says how. Natively it takes
some eight minutes, in the browser a quarter of an hour.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from places import forget_places

from gapprof import Report, analyze
from gapprof.records.estimate import EFFECTS
from gapprof.text.numbers import factor_with_interval

HERE = Path(__file__).parent / "null"
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "null_runs.py"
PROGRAMS = {"native": ("onnxruntime",), "web": ("onnxruntime-web", "browser")}
SIDES = tuple(PROGRAMS)
RUNS = 10
MODEL = "zoo:resnet20"
CAUSES = ("threads", "simd", "library", "runtime", "contention")
INTRODUCTION = """# One side against itself

Every rung of the ladder is the one environment of `native`, or of `web`: all factors are 1, and whatever is
said to cost or to save is false. Rounds, sampling, analysis and verdicts are gapprof's own, with 36 s of
budget each, and so are profiled passes natively; in the browser none is taken. That each rung ran on what its
name says is not checked, for here none does. This is the first set that was made, each side in one go, and no
run was left out. A test analyses every recording with today's code and wants no false verdict; it plants a
slower step into the recordings of either side, for each cause, and wants it found. `python reports/null.py`
measures all twenty anew.
"""


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION
    found = {path.stem: analyze(path) for side in SIDES for path in _recordings(side)}
    yield from dict.fromkeys(_made_on(stem, report) for stem, report in found.items())
    yield ""
    yield f"| run | rounds | {' | '.join(CAUSES)} | false |"
    yield f"| :-- | --: | {' | '.join('--:' for _ in CAUSES)} | :-- |"
    for stem, report in found.items():
        factors = {row.id: row.factor for row in report.causes}
        cells = (factor_with_interval(one) if (one := factors.get(cause)) else "–" for cause in CAUSES)
        false = ", ".join(row.id for row in report.causes if row.verdict in EFFECTS) or "none"
        yield f"| [{stem}]({stem}.jsonl) | {report.rounds} | {' | '.join(cells)} | {false} |"


def _recordings(side: str) -> list[Path]:
    return sorted(HERE.glob(f"{side}-*.jsonl"))


def _made_on(stem: str, report: Report) -> str:
    """What a rung of the other side says of its programs is this side's own as well."""
    side = stem.partition("-")[0]
    programs = ", ".join(f"{program} {report.versions[program]}" for program in PROGRAMS[side])
    return f"{side}: {MODEL} on {report.machine.usable_cores} cores of {report.machine.cpu}, {programs}."


def main() -> None:
    """Measure what was named, or all; then the page."""
    HERE.mkdir(exist_ok=True)
    sides = [] if sys.argv[1:] == ["table"] else sys.argv[1:] or SIDES
    for side in sides:
        command = [sys.executable, str(BENCHMARK), side, str(RUNS), MODEL, "0", str(HERE)]
        subprocess.run(command, check=True, timeout=3600)
        for recording in _recordings(side):
            forget_places(recording)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
