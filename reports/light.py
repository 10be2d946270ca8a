"""The light models of the onnx package, with seeded weights: one whole, short run each, and a table of them.

python reports/light.py [NAME ...]      default: every one; writes their rows of reports/light.md
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from gapprof.records.codec import decode_report
from gapprof.records.report import Report
from gapprof.subject.light import light_models, randomise
from gapprof.text.numbers import factor_with_interval, ms

HERE = Path(__file__).parent
TABLE = HERE / "light.md"
CAUSES = ("threads", "simd", "library", "runtime", "contention")
BUDGET_S = 30
INTRODUCTION = f"""# The light models of the onnx package

Graphs of real models that come without weights; gapprof gives them seeded ones (`gapprof.subject.light`) and
drops a final Softmax. One run of `gapprof explain` each, with `--budget {BUDGET_S} --rungs main`: intervals
are wider than in the reports of the zoo, and where they hide which cause is the largest the report calls
itself unreliable. `python reports/light.py` makes this anew.

| model | native | web | gap | {" | ".join(CAUSES)} | outputs | status |
| :-- | --: | --: | --: | {" | ".join("--:" for _ in CAUSES)} | :-- | :-- |
"""


def measured(source: Path, folder: Path) -> Report:
    """One whole run; its report, whatever its status."""
    model, report = folder / source.name, folder / f"{source.stem}.json"
    randomise(source, model, seed=0)
    command = [sys.executable, "-m", "gapprof", "explain", str(model), "--json", str(report), "--quiet"]
    options = ["--budget", str(BUDGET_S), "--rungs", "main", "--recording", str(folder / "recording.jsonl")]
    subprocess.run([*command, *options], check=False, timeout=1800)
    return decode_report(report.read_bytes(), source=str(report))


def row(report: Report) -> str:
    """One line of the table."""
    rows = {cause.id: cause.factor for cause in report.causes}
    pair, gap = report.latency_ms, report.gap.ratio
    gate = next((check.status for check in report.checks if check.id == "outputs"), "unknown")
    cells = [
        report.model.name,
        ms(pair.native.point) if pair.native else "–",
        ms(pair.web.point) if pair.web else "–",
        factor_with_interval(gap) if gap else "–",
        *(factor_with_interval(found) if (found := rows.get(cause)) else "–" for cause in CAUSES),
        gate,
        report.status,
    ]
    return f"| {' | '.join(cells)} |\n"


def rows() -> dict[str, str]:
    """Of the table as it is: model → line."""
    lines = TABLE.read_text(encoding="utf-8").splitlines(keepends=True) if TABLE.exists() else []
    return {line.split()[1]: line for line in lines if line.startswith("| light_")}


def main() -> None:
    """Measure what was named, or all, and write the table as it grows."""
    for source in light_models():
        if not sys.argv[1:] or source.stem in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                table = rows() | {source.stem: row(measured(source, Path(folder)))}
            TABLE.write_text(INTRODUCTION + "".join(table[name] for name in sorted(table)), encoding="utf-8")


if __name__ == "__main__":
    main()
