"""A planted loss of the library: one model on today's onnxruntime-web and on that of 1.18, split by twins.

python benchmarks/planted_library.py [MODEL [BUDGET_S]]     default: zoo:int8-cnn, 60 s for each run

Integer products of 1.18 (2024) are slower; the browser, the model and native are the same. So the library's
share has to grow, and the engine's to stay where it was.
"""

import math
import sys

from gapprof import Report, assets, explain
from gapprof.records.estimate import Estimate

PARTS = (("library", "kernels"), ("runtime", "engine"))
MODEL, BUDGET_S = "zoo:int8-cnn", 60.0


def split(model: str, budget_s: float, web_dist: str | None) -> dict[str, Estimate | None]:
    """Cause/part → its factor, from a run with twins on one thread of a worker."""
    report = explain(
        model,
        threads=1,
        where="worker",
        twins=True,
        rungs="main",
        budget_s=budget_s,
        allow_noisy=True,
        web_dist=web_dist,
    )
    return {f"{cause}/{part}": factor(report, cause, part) for cause, part in PARTS}


def factor(report: Report, cause: str, part: str) -> Estimate | None:
    """Of a child."""
    rows = (row for found in report.causes if found.id == cause for row in found.children)
    return next((row.factor for row in rows if row.id == part), None)


def times_more(old: Estimate, new: Estimate) -> tuple[float, float, float]:
    """old / new with its interval; runs are independent, so half-widths of the logarithms add as squares."""
    middle = math.log(old.point / new.point)
    half = math.hypot(*(math.log(one.high / one.low) / 2 for one in (old, new)))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def main() -> None:
    """One line per part."""
    model = sys.argv[1] if len(sys.argv) > 1 else MODEL
    budget_s = float(sys.argv[2]) if len(sys.argv) > 2 else BUDGET_S
    new = split(model, budget_s, None)
    old = split(model, budget_s, str(assets.web_dist_118()))
    print(f"{model}: onnxruntime-web 1.18 over today's")
    for name, found in new.items():
        before = old[name]
        if found is None or before is None:
            print(f"  {name}: not told apart")
            continue
        point, low, high = times_more(before, found)
        print(f"  {name}: {before.point:.2f}x over {found.point:.2f}x = {point:.2f} [{low:.2f}, {high:.2f}]")


if __name__ == "__main__":
    main()
