"""How much slower narrow vectors are on this CPU: OpenBLAS told to use them, onnxruntime held to them.

python benchmarks/narrow_kernels.py [ROUNDS]

The first line is what a run estimates where onnxruntime cannot be held; the others are the rate of one fixed
product in onnxruntime under each ceiling, in fresh processes in turn, and what full width gains over it.
"""

import math
import subprocess
import sys
from statistics import median

from gapprof.native.estimate import measured_isa_ratio
from gapprof.native.isa.ceiling import why_not
from gapprof.native.python import own_environment
from gapprof.stats.interval import exponential, t_interval

ROUNDS, DEADLINE_S = 5, 600.0
CEILINGS = ("full", "avx2", "avx", "128")
RATE = """
import sys
from gapprof.native.runtime import start_runtime
from gapprof.native.sentinel import measured_gflops, sentinel_model
model = sentinel_model()
print(measured_gflops(start_runtime(sys.argv[1], None), model))
"""


def gflops(isa: str) -> float:
    """Of one thread, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", RATE, isa],
        env=own_environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    return float(done.stdout)


def main(rounds: int) -> None:
    """The estimate, and one line per ceiling."""
    print(estimated())
    possible = [isa for isa in CEILINGS if why_not(isa) is None]
    rates: dict[str, list[float]] = {isa: [] for isa in possible}
    for _ in range(rounds):
        for isa in possible:
            rates[isa].append(gflops(isa))
    for isa in CEILINGS:
        if isa in rates:
            print(
                f"onnxruntime, {isa}: {median(rates[isa]):.1f} Gflop/s, {gained(rates['full'], rates[isa])}"
            )
        else:
            print(f"onnxruntime, {isa}: {why_not(isa)}")


def estimated() -> str:
    """With what each of its rounds says alone."""
    found = measured_isa_ratio(deadline_s=DEADLINE_S)
    if found.ratio is None:
        return f"OpenBLAS: no ratio, {found.why}"
    rounds = ", ".join(f"{ratio:.2f}x" for ratio in found.by_round)
    return (
        f"OpenBLAS: 128 bits take {found.ratio:.2f}x of full width ({rounds or 'not measured'}); {found.why}"
    )


def gained(full: list[float], held: list[float]) -> str:
    """By full width over a ceiling, from rates of the same rounds, with its interval."""
    one = exponential(t_interval([math.log(a / b) for a, b in zip(full, held, strict=True)]))
    return f"full width is {one.point:.2f}x [{one.low:.2f}, {one.high:.2f}] of that"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
