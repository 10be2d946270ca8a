"""Whether the kernels take what 128-bit wasm on this processor has to, and which of them take more."""

import math
from statistics import median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.light import Light, light
from gapprof.records.report import CopySpeed, Estimate, OperatorLoss, SpeedOfLight
from gapprof.text import numbers

EXPECTED = 1.5
"""Times what is within reach: a library is not tuned for the very shape."""
_TOLD, _MOST = 0.7, 3
"""As many operators as make up this share of the loss, but no more."""


def speed_of_light(case: Case) -> SpeedOfLight | None:
    """None where no peaks were measured."""
    found = case.get(light)
    if found is None:
        return None
    above = factor_of(found.above) if len(found.kernels_ms) > 1 else None
    return SpeedOfLight(
        verdict=_verdict(above),
        above=above,
        kernels_ms=median(found.kernels_ms),
        reachable_ms=median(found.reachable_ms),
        floor_ms=math.fsum(floor.ms for floor in found.floors.values()),
        losses=_losses(found),
        operations_per_s=dict(found.peaks.operations_per_s),
        copies=tuple(
            CopySpeed(footprint_bytes=size, bytes_per_s=speed)
            for size, speed in sorted(found.peaks.bytes_per_s.items())
        ),
    )


def told(found: SpeedOfLight | None) -> str:
    """One sentence; empty where nothing is known."""
    if found is None or found.above is None:
        return ""
    times = numbers.factor_with_interval(found.above)
    if found.verdict == "expected":
        return f"Expected for 128-bit wasm on this CPU: its kernels take {times} what this browser can do."
    told_of, share = [], 0.0
    for loss in found.losses[:_MOST]:
        told_of.append(loss.op_type)
        share += loss.share
        if share >= _TOLD:
            break
    where = f"; {numbers.whole_percent(share)} of the excess is in {_listed(told_of)}" if told_of else ""
    return f"Its kernels take {times} what this browser can do{where}."


def _verdict(above: Estimate | None) -> Literal["expected", "above", "unclear"]:
    if above is None or above.low <= EXPECTED < above.high:
        return "unclear"
    return "expected" if above.high <= EXPECTED else "above"


def _losses(found: Light) -> tuple[OperatorLoss, ...]:
    total = math.fsum(found.lost_ms.values())
    rows = [
        OperatorLoss(op_type=op_type, ms=ms, share=ms / total)
        for op_type, ms in found.lost_ms.items()
        if ms > 0
    ]
    return tuple(sorted(rows, key=lambda row: (-row.ms, row.op_type)))


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
