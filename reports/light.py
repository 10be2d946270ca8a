"""The light models of the onnx package, with seeded weights: one whole, short run each, and a table of them.

python reports/light.py [NAME ...]      default: every one; writes reports/light/NAME.jsonl and the table
python reports/light.py table           the table of what is there; it measures nothing
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from places import without_places

from gapprof import Report, analyze
from gapprof.subject.light import light_models, randomise
from gapprof.text.numbers import factor_with_interval, ms

HERE = Path(__file__).parent / "light"
CAUSES = ("threads", "simd", "library", "runtime", "contention")
BUDGET_S = 30
INTRODUCTION = f"""# The light models of the onnx package

Graphs of real models that come without weights; gapprof gives them seeded ones (`gapprof.subject.light`) and
drops a final Softmax. One run of `gapprof explain` each, with `--budget {BUDGET_S} --rungs main`: intervals
are wider than in the reports of the zoo, and where they hide which cause is the largest the report calls
itself unreliable. Each has its recording. `python reports/light.py` makes this anew.
"""


def measured(source: Path) -> None:
    """One whole run, whatever its status, in a folder of its own: nothing in the recording says where."""
    with tempfile.TemporaryDirectory() as name:
        folder, recording = Path(name), f"{source.stem}.jsonl"
        randomise(source, folder / source.name, seed=0)
        words = [sys.executable, "-m", *command(source.stem)]
        done = subprocess.run(words, cwd=folder, check=False, stdout=subprocess.DEVNULL, timeout=1800)
        if not (folder / recording).is_file():
            sys.exit(f"{source.stem}: gapprof ended with {done.returncode} and wrote no recording")
        (HERE / recording).write_bytes(without_places((folder / recording).read_bytes()))


def command(name: str) -> tuple[str, ...]:
    """As typed, beside the model."""
    options = ("--budget", str(BUDGET_S), "--rungs", "main", "--quiet", "--recording", f"{name}.jsonl")
    return ("gapprof", "explain", f"{name}.onnx", *options)


def table() -> Iterator[str]:
    """Of every recording that is there."""
    found = {path.stem: analyze(path) for path in sorted(HERE.glob("*.jsonl"))}
    yield INTRODUCTION
    yield from dict.fromkeys(f"Made {_made_on(report)}." for report in found.values())
    yield ""
    yield f"| model | native | web | gap | {' | '.join(CAUSES)} | outputs | status |"
    yield f"| :-- | --: | --: | --: | {' | '.join('--:' for _ in CAUSES)} | :-- | :-- |"
    yield from (row(stem, report) for stem, report in found.items())


def row(stem: str, report: Report) -> str:
    """One line of the table."""
    rows = {cause.id: cause.factor for cause in report.causes}
    pair, gap = report.latency_ms, report.gap.ratio
    gate = next((check.status for check in report.checks if check.id == "outputs"), "unknown")
    cells = [
        f"[{stem}]({stem}.jsonl)",
        ms(pair.native.point) if pair.native else "–",
        ms(pair.web.point) if pair.web else "–",
        factor_with_interval(gap) if gap else "–",
        *(factor_with_interval(found) if (found := rows.get(cause)) else "–" for cause in CAUSES),
        gate,
        report.status,
    ]
    return f"| {' | '.join(cells)} |"


def _made_on(report: Report) -> str:
    programs = ", ".join(f"{program} {version}" for program, version in report.versions.items())
    return f"on {report.machine.usable_cores} cores of {report.machine.cpu}, {programs}"


def main() -> None:
    """Measure what was named, or all; then the table."""
    HERE.mkdir(exist_ok=True)
    for source in light_models():
        if not sys.argv[1:] or source.stem in sys.argv[1:]:
            sys.stderr.write(f"{source.stem}: gapprof explain\n")
            measured(source)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
