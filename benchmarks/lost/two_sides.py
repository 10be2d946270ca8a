"""What a tile that does not fit V8's registers costs, in the browser and natively, by rounds. Pure."""

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from gapprof.stats.contrast import Contrast
from gapprof.stats.undisturbed import undisturbed

FITS, SPILLS = "fits", "spills"
BROWSER, NATIVELY = "in the browser", "natively"

Samples = Mapping[str, tuple[float, ...]]
"""Tile → µs of a call."""


class Round(Struct, frozen=True, kw_only=True):
    """Both tiles in one page, and in one process."""

    wasm: dict[str, tuple[float, ...]]
    native: dict[str, tuple[float, ...]]


def directly(rounds: Sequence[Round]) -> Contrast:
    """ln of how many times longer the second tile takes in the browser, beyond what it takes natively."""
    found = by_side(rounds)
    return found[BROWSER] - found[NATIVELY]


def by_side(rounds: Sequence[Round]) -> dict[str, Contrast]:
    """ln of how many times longer the second tile takes on each side."""
    return {
        BROWSER: Contrast({number: _log(one.wasm) for number, one in enumerate(rounds)}),
        NATIVELY: Contrast({number: _log(one.native) for number, one in enumerate(rounds)}),
    }


def _log(samples: Samples) -> float:
    return math.log(undisturbed(samples[SPILLS]) / undisturbed(samples[FITS]))
