"""Whether the kernels take what 128-bit wasm on this processor has to, and which of them take more."""

import math
from statistics import median
from typing import Literal

from gapprof.facts.case import Case
from gapprof.facts.estimates import factor_of
from gapprof.facts.light import Light, light
from gapprof.records.estimate import Estimate
from gapprof.records.sections.light import OperatorLoss, SpeedOfLight, StreamSpeed
from gapprof.text import numbers

EXPECTED = 1.5
"""Times what is within reach: a library is not tuned for the very shape."""
_COMPARED = 0.8
"""Of the kernels' time: where less of it can be told, nothing is called expected."""
_ALL = 0.95
_NAMED, _MOST = 0.7, 3
"""As many operators as make up this share of the loss, but no more."""


def speed_of_light(case: Case) -> SpeedOfLight | None:
    """None where no peaks were measured."""
    found = case.get(light)
    if found is None:
        return None
    above = factor_of(found.above) if found.above is not None else None
    return SpeedOfLight(
        verdict=_verdict(above, found.share),
        above=above,
        share=found.share,
        kernels_ms=found.kernels_ms,
        told_ms=median(found.told_ms.values()),
        reachable_ms=median(found.reachable_ms.values()),
        floor_ms=math.fsum(floor.ms for floor in found.floors.values()),
        losses=_losses(found),
        operations_per_s=dict(found.peaks.operations_per_s),
        streams=tuple(
            StreamSpeed(footprint_bytes=size, bytes_per_s=speed)
            for size, speed in sorted(found.peaks.bytes_per_s.items())
        ),
    )


def told(found: SpeedOfLight | None) -> str:
    """One sentence; empty where nothing is known."""
    if found is None or found.above is None:
        return ""
    times = numbers.factor_with_interval(found.above)
    if found.verdict == "expected":
        kernels = f"its kernels take {times} what this browser can do{_of(found)}"
        return f"Expected for 128-bit wasm on this CPU: {kernels}."
    named, share = [], 0.0
    for loss in found.losses[:_MOST]:
        named.append(loss.op_type)
        share += loss.share
        if share >= _NAMED:
            break
    where = f"; {numbers.whole_percent(share)} of the excess is in {_listed(named)}" if named else ""
    unclear = "; whether that is to be expected is not resolved" if found.verdict == "unclear" else ""
    return f"Its kernels take {times} what this browser can do{_of(found)}{where}{unclear}."


def _of(found: SpeedOfLight) -> str:
    """Which part of the kernels was compared, where it is not nearly all."""
    return "" if found.share > _ALL else f" ({numbers.whole_percent(found.share)} of their time can be told)"


def _verdict(above: Estimate | None, share: float) -> Literal["expected", "above", "unclear"]:
    if above is None or share < _COMPARED or above.low <= EXPECTED < above.high:
        return "unclear"
    return "expected" if above.high <= EXPECTED else "above"


def _losses(found: Light) -> tuple[OperatorLoss, ...]:
    total = math.fsum(found.lost_ms.values())
    rows = [OperatorLoss(op_type=op_type, ms=ms, share=ms / total) for op_type, ms in found.lost_ms.items()]
    return tuple(sorted(rows, key=lambda row: (-row.ms, row.op_type)))


def _listed(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
