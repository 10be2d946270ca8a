"""How long making a session anew takes, and which part of that each step is, from recordings of cold starts.

python benchmarks/creations.py [RECORDING ...]      default: every recording in reports/whole

Reading the model is a part of making a session, so its share is below 1; what leaving out a step saves is the
rest of the share beside it.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from gapprof.recordings import read_run
from gapprof.records.cold import Creations

WHOLE = Path(__file__).parent.parent / "reports" / "whole"


def main() -> None:
    """One line per recording and side."""
    paths = [Path(argument) for argument in sys.argv[1:]] or sorted(WHOLE.glob("*.jsonl"))
    columns = " ".join(f"{name:>12s}" for name in ("as usual", "unoptimised", "unpacked", "reading"))
    print(f"{'recording':20s} {'side':8s} {columns}")
    for path in paths:
        found = list(read_run(path).of(Creations))
        for side in ("native", "web"):
            of_side = [one for one in found if one.side == side]
            if of_side:
                print(f"{path.stem:20s} {side:8s} {row(of_side)}")


def row(found: Iterable[Creations]) -> str:
    """Of one side, all rounds together: the median, and the medians of the others over it."""
    usual, unoptimised, unpacked, parse = (
        [ms for one in found for ms in getattr(one, kind)]
        for kind in ("usual_ms", "unoptimised_ms", "unpacked_ms", "parse_ms")
    )
    whole_ms = median(usual)
    shares = [
        f"{median(times) / whole_ms:.3f}x" if times else "not told"
        for times in (unoptimised, unpacked, parse)
    ]
    return " ".join([f"{whole_ms:9.1f} ms", *(f"{share:>12s}" for share in shares)])


if __name__ == "__main__":
    main()
