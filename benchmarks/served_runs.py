"""How many runs a native process answers that has a caller on each core, over one caller that is alone.

python benchmarks/served_runs.py [zoo:MODEL|MODEL.onnx [ROUNDS]]

The study's server, in fresh processes in turn: one session, runs of one thread, one caller and as many as
cores. Each of several gets a part of what one gets alone: they share memory, the clock and the runtime's
locks.
"""

import math
import sys
import tempfile
from pathlib import Path

from gapprof.measure.machine import usable_cores
from gapprof.stats.interval import exponential, t_interval
from gapprof.study.serving import LEAST_S
from gapprof.subject import child
from gapprof.subject.child import Answered
from gapprof.subject.open import open_subject

MODEL, ROUNDS, DEADLINE_S = "zoo:resnet20", 5, 120.0


def runs_per_s(model: Path, inputs: Path, callers: int, scratch: Path) -> float:
    """Of all callers together."""
    request = {"model": str(model), "inputs": str(inputs), "callers": callers, "least_s": LEAST_S}
    said = child.ask("gapprof.native.throughput", request, scratch=scratch, deadline_s=DEADLINE_S)
    if not isinstance(said, Answered) or "error" in said.value:
        raise SystemExit(f"the model cannot be served: {said}")
    return float(said.value["runs_per_s"])


def main(model: str, rounds: int) -> None:
    """One line per number of callers; the ratio is of visits in the same round."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        subject = open_subject(model, shapes={}, inputs=None, seed=0, workdir=scratch)
        found: dict[int, list[float]] = {callers: [] for callers in sorted({1, usable_cores()})}
        for _ in range(rounds):
            for callers, rates in found.items():
                rates.append(runs_per_s(subject.original.path, subject.inputs_path, callers, scratch))
    for callers, rates in found.items():
        rate = exponential(t_interval([math.log(one) for one in rates]))
        over = [math.log(one / alone / callers) for one, alone in zip(rates, found[1], strict=True)]
        part = exponential(t_interval(over))
        who = f"{callers} caller{'s' if callers > 1 else ''}"
        print(f"{who}: {rate.point:.1f} runs per s [{rate.low:.1f}, {rate.high:.1f}]")
        print(f"  of what one gets alone, each {part.point:.2f}x [{part.low:.2f}, {part.high:.2f}]")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else MODEL, int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
