"""Two runs of one model: is each top factor's difference within its own 99.9 % interval?

python benchmarks/repeat_runs.py MODEL            runs `gapprof explain` twice
python benchmarks/repeat_runs.py A.json B.json    compares two reports that lie there
"""

import math
import subprocess
import sys
import tempfile
from pathlib import Path

from scipy.special import stdtrit

from gapprof.records.codec import decode_report
from gapprof.records.estimate import Estimate
from gapprof.records.report import Report

LEVEL = 0.999


def explained(model: str, path: Path) -> Report:
    """One run of the command line."""
    command = [sys.executable, "-m", "gapprof", "explain", model, "--json", str(path), "--quiet"]
    subprocess.run([*command, "--allow-noisy"], check=False, stdout=subprocess.DEVNULL, timeout=1800)
    return read(path)


def read(path: Path) -> Report:
    """A report from its file."""
    return decode_report(path.read_bytes(), source=str(path))


def factors(report: Report) -> dict[str, Estimate]:
    """The gap, the residual and every cause that was measured here."""
    rows = {
        row.id: row.factor for row in report.causes if row.verdict not in ("not-applicable", "not-measured")
    }
    found = {"gap": report.gap.ratio, **rows, "residual": report.residual.factor}
    return {name: estimate for name, estimate in found.items() if estimate is not None}


def difference(a: Estimate, b: Estimate) -> tuple[float, float]:
    """ln(b / a), and the half-width that independent runs allow it (Welch's t, Satterthwaite's freedom)."""
    spreads = []
    for one in (a, b):
        half = (math.log(one.high) - math.log(one.low)) / 2
        spreads.append((half / float(stdtrit(one.rounds - 1, (1 + one.level) / 2))) ** 2)
    total = sum(spreads)
    freedom = total**2 / sum(s**2 / (one.rounds - 1) for s, one in zip(spreads, (a, b), strict=True))
    return math.log(b.point / a.point), float(stdtrit(freedom, (1 + LEVEL) / 2)) * math.sqrt(total)


def main() -> None:
    """One line per factor."""
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 2:
            first, second = (read(Path(name)) for name in sys.argv[1:3])
        else:
            model = sys.argv[1] if len(sys.argv) > 1 else "zoo:mobilenetv2"
            first, second = (explained(model, Path(folder, f"{number}.json")) for number in "ab")
    before, after = factors(first), factors(second)
    print(f"{first.model.name if first.model else '?'}: {first.rounds} and {second.rounds} rounds")
    for name in before.keys() & after.keys():
        found, allowed = difference(before[name], after[name])
        verdict = "within" if abs(found) <= allowed else "OUTSIDE"
        print(
            f"  {name:16s} {before[name].point:7.3f} {after[name].point:7.3f}   "
            f"{math.expm1(found):+7.1%}, allowed ±{math.expm1(allowed):.1%}   {verdict}"
        )


if __name__ == "__main__":
    main()
