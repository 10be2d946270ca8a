"""The one module that turns numbers into text. Nothing is rounded before it gets here."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from gapprof.records.estimate import Estimate

_MINUTE_S = 60.0
_MOST_DECIMALS = 4
_BINARY_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_COUNT_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def factor(ratio: float) -> str:
    """How many times, without an interval: `2.4x`, `1.04x`, `0.87x`, `136x`."""
    return f"{plain(ratio, _factor_decimals(ratio))}x"


def factor_with_interval(estimate: Estimate) -> str:
    """`2.44x [2.38, 2.50]`: the point keeps the digits of its interval."""
    half_width = (estimate.high - estimate.low) / 2
    decimals = 0 if abs(estimate.point) >= 100 else 1 if half_width >= 0.1 else 2
    return f"{plain(estimate.point, decimals)}x {_bounds(estimate, decimals)}"


def change_with_interval(estimate: Estimate) -> str:
    """A factor between two runs, `1.04x [0.93, 1.16]`: near 1 a vague second decimal counts too."""
    decimals = 2 if estimate.high < 10 else 1 if estimate.high < 100 else 0
    return f"{plain(estimate.point, decimals)}x {_bounds(estimate, decimals)}"


def ms(milliseconds: float) -> str:
    """A time in ms with three significant digits: `0.0123 ms`, `8.61 ms`, `1234 ms`."""
    return f"{bare_ms(milliseconds)} ms"


def bare_ms(milliseconds: float) -> str:
    """As `ms`, for a column whose heading says the unit."""
    return plain(milliseconds, _significant_decimals(milliseconds))


def bare_column(values: Sequence[float]) -> tuple[str, ...]:
    """Numbers of one unit under each other: as many decimals as the largest needs, so that points line up."""
    decimals = _significant_decimals(max((abs(value) for value in values), default=0.0))
    return tuple(plain(value, decimals) for value in values)


def ms_with_interval(estimate: Estimate) -> str:
    """`8.61 ms [8.40, 8.82]`."""
    decimals = _interval_decimals(estimate)
    return f"{plain(estimate.point, decimals)} ms {_bounds(estimate, decimals)}"


def bare_ms_with_interval(estimate: Estimate) -> str:
    """The same for a column whose heading says the unit."""
    decimals = _interval_decimals(estimate)
    return f"{plain(estimate.point, decimals)} {_bounds(estimate, decimals)}"


def percent(share: float) -> str:
    """A share of 1 in percent: `42 %`, `4.2 %`, `-3.1 %`."""
    value = 100.0 * share
    return f"{plain(value, 0 if abs(value) >= 10 else 1)} %"


def percent_with_interval(share: Estimate) -> str:
    """A share of 1 with its bounds, in percent: `42 % [38, 46]`, `4.2 % [3.9, 4.5]`."""
    decimals = 0 if abs(100.0 * share.point) >= 10 else 1
    in_percent = replace(share, point=100.0 * share.point, low=100.0 * share.low, high=100.0 * share.high)
    return f"{plain(in_percent.point, decimals)} % {_bounds(in_percent, decimals)}"


def whole_percent(share: float) -> str:
    """A share of 1 in whole percents, for a column that a bar stands beside."""
    return f"{plain(100.0 * share, 0)} %"


def confidence(level: float) -> str:
    """A level of confidence: `95 %`, `99.9 %`. It is chosen, not measured, so all its digits count."""
    return f"{100 * level:.4g} %"


def duration(seconds: float) -> str:
    """A span a person waits for: `7 s`, `2 min 05 s`."""
    whole = max(0, round(seconds))
    if whole < _MINUTE_S:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02d} s"


def size(count_bytes: float) -> str:
    """A size in binary units: `13.3 MiB`."""
    value, unit = float(count_bytes), 0
    while abs(value) >= 1024 and unit < len(_BINARY_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    decimals = 0 if unit == 0 else _significant_decimals(value)
    return f"{plain(value, decimals)} {_BINARY_UNITS[unit]}"


def bare_mebibytes(count_bytes: float) -> str:
    """A size for a column whose heading says MiB: `0.31`, `13.6`, `265`."""
    value = count_bytes / 2**20
    return plain(value, min(2, _significant_decimals(value)))


def scientific(number: float) -> str:
    """A small share of something, `1.1e-06`: only its size matters."""
    return f"{number:.1e}"


def cosine(value: float) -> str:
    """Of two vectors, `cosine 0.5200`; `cosine 1.0000` where they point the same way, however long."""
    return f"cosine {plain(value, 4)}"


def count(number: float) -> str:
    """How many, shortened: `3.49 M`, `870`."""
    for unit, letter in _COUNT_UNITS:
        if abs(number) >= unit:
            return f"{plain(number / unit, _significant_decimals(number / unit))} {letter}"
    return plain(number, 0)


def many(count: int, one: str, several: str = "") -> str:
    """How many of what: `1 node`, `2 nodes`, `3 copies`."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def given(number: float) -> str:
    """A number that somebody wrote down, as they wrote it: `8`, `1.25`."""
    return f"{number:.10g}"


def plain(number: float, decimals: int) -> str:
    """The number itself. A zero has no sign (`-0.0` is never printed); what is not finite says so."""
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else "beyond all bounds"
    return f"{number:z.{decimals}f}"


def _bounds(estimate: Estimate, decimals: int) -> str:
    """One round has no spread to show: bounds that coincide with the point would look like certainty."""
    if estimate.rounds < 2 and estimate.low == estimate.high:
        return "[one round]"
    return f"[{plain(estimate.low, decimals)}, {plain(estimate.high, decimals)}]"


def _factor_decimals(ratio: float) -> int:
    """Near 1 the second decimal is the whole message; far above it, it is noise."""
    if abs(ratio) < 1.1:
        return 2
    return 1 if abs(ratio) < 100 else 0


def _significant_decimals(number: float, digits: int = 3) -> int:
    """Decimals that show so many significant digits; never more than four, a tenth of a microsecond in ms."""
    if number == 0 or not math.isfinite(number):
        return 0
    # Rounding may carry (9.996 -> 10.0), so the exponent is that of the rounded value.
    exponent = int(f"{number:.{digits - 1}e}".split("e")[1])
    return min(_MOST_DECIMALS, max(0, digits - 1 - exponent))


def _interval_decimals(estimate: Estimate) -> int:
    """Two significant digits of the half-width, but two to three of the largest number shown."""
    largest = max(abs(estimate.low), abs(estimate.high), abs(estimate.point))
    half_width = (estimate.high - estimate.low) / 2
    wanted = _significant_decimals(half_width, 2) if half_width > 0 else _MOST_DECIMALS
    return max(_significant_decimals(largest, 2), min(wanted, _significant_decimals(largest)))
