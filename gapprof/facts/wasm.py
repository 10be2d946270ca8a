"""What the wasm that was really served holds."""

import math

from gapprof.facts.case import Case
from gapprof.facts.cells import counting, measured
from gapprof.facts.ladder import planned
from gapprof.stats.contrast import mean

WITH_SIMD = "web-simd-118"
WITHOUT_SIMD = "web-scalar"
SCALAR_BUILD = "scalar-build"
"""Child of `simd`: there only where what was served has lost SIMD."""
COMES_WITH_SCALAR = "comes with a wasm build without SIMD"


def served_simd(case: Case) -> bool | None:
    """Whether the build under test has 128-bit vectors; None where nobody looked."""
    steps = case.get(planned)
    for trial in case.get(counting):
        step = steps.get(trial.rung)
        served = step is not None and step.rung.environment.build == "served"
        if served and trial.seen.wasm_simd is not None:
            return trial.seen.wasm_simd
    return None


def scalar_factor(case: Case) -> float | None:
    """What SIMD is worth in wasm (onnxruntime-web 1.18 without over with), if the served build has none."""
    values = case.get(scalar_by_round)
    return math.exp(mean(values)) if values and case.get(served_simd) is False else None


def scalar_by_round(case: Case) -> tuple[float, ...]:
    """ln of the same factor in each round that has both."""
    cells = case.get(measured)
    fast, slow = cells.get(WITH_SIMD, {}), cells.get(WITHOUT_SIMD, {})
    return tuple(math.log(slow[number] / fast[number]) for number in sorted(fast.keys() & slow.keys()))
