"""What the profiler costs the profiled, from recordings: profiled over unprofiled, the closure by other
passes and that before kernels were scaled, and by chains of next to nothing what a node costs beside its work
and what the profiler adds to that.

python benchmarks/observer_effect.py [RECORDING ...]      default: every recording in reports/zoo
"""

import sys
from pathlib import Path
from statistics import median

from gapprof.explain.report import build
from gapprof.facts.profiles import NATIVE, WEB
from gapprof.records.codec import decode_recording
from gapprof.records.recording import Recording
from gapprof.records.trial import Profile

ZOO = Path(__file__).parent.parent / "reports" / "zoo"


def main() -> None:
    """One line per recording and side."""
    paths = [Path(argument) for argument in sys.argv[1:]] or sorted(ZOO.glob("*.jsonl"))
    sums = f"{'profiled/unprofiled':>20s} {'closure':>9s} {'uncut':>9s}"
    print(f"{'recording':28s} {'side':8s} {sums} {'us per node':>13s} {'by profiler':>13s}")
    for path in paths:
        with path.open("rb") as lines:
            recording = decode_recording(lines, source=str(path))
        report = build(recording)
        for side, rung in (("native", NATIVE), ("web", WEB)):
            ratio, closure, uncut = (
                report.overhead[f"{side}_{key}"]
                for key in ("observer_ratio", "profile_closure", "uncut_closure")
            )
            chains = " ".join(f"{_text(one):>13s}" for one in _chains_us(recording, rung))
            closures = f"{_text(closure):>9s} {_text(uncut):>9s}"
            print(f"{path.stem:28s} {side:8s} {_text(ratio):>20s} {closures} {chains}")


def _chains_us(recording: Recording, rung: str) -> tuple[float | None, float | None]:
    """Medians over the passes of a side that have both."""
    passes = [one for one in recording.of(Profile) if one.rung == rung]
    dispatch = [one.dispatch_us_per_node for one in passes if one.dispatch_us_per_node is not None]
    profiler = [one.profiler_us_per_node for one in passes if one.profiler_us_per_node is not None]
    return median(dispatch) if dispatch else None, median(profiler) if profiler else None


def _text(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
