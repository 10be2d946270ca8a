"""What the profiler costs the profiled, from recordings: profiled over unprofiled, and the closure.

python benchmarks/observer_effect.py [RECORDING ...]      default: every recording in reports/zoo
"""

import sys
from pathlib import Path

from gapprof.explain.report import build
from gapprof.records.codec import decode_recording

ZOO = Path(__file__).parent.parent / "reports" / "zoo"


def main() -> None:
    """One line per recording and side."""
    paths = [Path(argument) for argument in sys.argv[1:]] or sorted(ZOO.glob("*.jsonl"))
    print(f"{'recording':28s} {'side':8s} {'profiled/unprofiled':>20s} {'closure':>9s}")
    for path in paths:
        with path.open("rb") as lines:
            overhead = build(decode_recording(lines, source=str(path))).overhead
        for side in ("native", "web"):
            ratio, closure = overhead[f"{side}_observer_ratio"], overhead[f"{side}_profile_closure"]
            print(f"{path.stem:28s} {side:8s} {_text(ratio):>20s} {_text(closure):>9s}")


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
