"""Two runs of one model: is each top factor's difference within its own 99.9 % interval?

python benchmarks/repeat_runs.py MODEL     runs `gapprof explain` twice
python benchmarks/repeat_runs.py A B       compares two reports or recordings that lie there
"""

import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gapprof.comparison.changes import moved
from gapprof.comparison.pairs import Pair, cause_pairs, gap_pair, residual_pair
from gapprof.records.report import Report
from gapprof.reports import read_report
from gapprof.stats.interval import Interval

LEVEL = 0.999
AS_MUCH_AGAIN = 1.5
"""How far a factor of which something is known would have to move for that to be seen, at most."""


def explained(model: str, path: Path) -> Report:
    """One run of the command line."""
    command = [sys.executable, "-m", "gapprof", "explain", model, "--json", str(path), "--quiet"]
    subprocess.run([*command, "--allow-noisy"], check=False, stdout=subprocess.DEVNULL, timeout=1800)
    return read_report(path)


def top_factors(first: Report, second: Report) -> tuple[Pair, ...]:
    """The gap, every cause that is exercised, and the residual."""
    causes = (pair for pair in cause_pairs(first, second) if pair.applicable)
    return (gap_pair(first, second), *causes, residual_pair(first, second))


def within(difference: Interval | None) -> bool:
    """Whether two runs may differ by this; not where they cannot be compared."""
    return difference is not None and difference.holds(0.0)


def sensitive(first: Report, second: Report) -> tuple[str, ...]:
    """Factors whose own interval would not have let half as much again pass."""
    found = {pair.id: moved(pair, LEVEL) for pair in top_factors(first, second)}
    return tuple(name for name, one in found.items() if one and one.half_width < math.log(AS_MUCH_AGAIN))


def told(pair: Pair) -> str:
    """One line."""
    difference = moved(pair, LEVEL)
    if difference is None or pair.before is None or pair.after is None:
        return f"  {pair.id:16s} not compared: {pair.why}"
    word = "within" if within(difference) else "OUTSIDE"
    return (
        f"  {pair.id:16s} {pair.before.point:7.3f} {pair.after.point:7.3f}   "
        f"{math.expm1(difference.point):+7.1%}, allowed ±{math.expm1(difference.half_width):.1%}   {word}"
    )


def lines(first: Report, second: Report) -> Iterator[str]:
    """One per factor, below the model's; then which of them could have been seen to move."""
    yield f"{first.model.name if first.model else '?'}: {first.rounds} and {second.rounds} rounds"
    yield from map(told, top_factors(first, second))
    yield f"  seen, had it become {AS_MUCH_AGAIN:g} times as large: {', '.join(sensitive(first, second))}"


def main() -> None:
    """Both runs side by side."""
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 2:
            first, second = (read_report(Path(name)) for name in sys.argv[1:3])
        else:
            model = sys.argv[1] if len(sys.argv) > 1 else "zoo:mobilenetv2"
            first, second = (explained(model, Path(folder, f"{number}.json")) for number in "ab")
    print("\n".join(lines(first, second)))


if __name__ == "__main__":
    main()
