"""Limits from what a file or a command line says; whatever makes no sense is WrongUse."""

import math
import sys
from collections.abc import Iterable, Iterator, Mapping

from gapprof.budgets.figures import FACTOR, factors, keys
from gapprof.errors import WrongUse
from gapprof.records.gate import Level, Limit
from gapprof.text.suggestion import did_you_mean

_LEVELS: tuple[Level, ...] = ("error", "warn")
_EXAMPLE = 'Write total_ratio = {max = 3.0} or "factor.simd" = {max = 1.8, level = "warn"}.'


def limits_of_table(table: Mapping[str, object], *, origin: str) -> tuple[Limit, ...]:
    """Those of a `[budget]` table. `factor.simd` may be one quoted key or, as TOML reads it bare, a table."""
    return tuple(_limit(key, entry, origin) for key, entry in _flat(table))


def limit_of_option(text: str, *, option: str) -> Limit:
    """`simd=4.5`, `web_ms=30`: a cause by its bare name, or any key."""
    name, equals, number = text.partition("=")
    try:
        most = float(number)
    except ValueError:
        most = math.nan
    if not equals or not _sensible(most):
        raise WrongUse(f"{option} {text!r} is no limit", hint=f"Write {option} simd=4.5.")
    key = name if name in keys() else FACTOR + name
    if key not in keys():
        raise WrongUse(
            f"{option}: nothing called {name!r} can have a limit",
            hint=did_you_mean(name, (*factors(), *keys())),
        )
    return Limit(key=key, max=most, origin=f"{option} {name}")


def limit_of_ratio(most: float, *, option: str) -> Limit:
    """The whole gap."""
    if not _sensible(most):
        raise WrongUse(f"{option} is {most:g}", hint="It is a number above 0.")
    return Limit(key="total_ratio", max=most, origin=option)


def merged(layers: Iterable[Iterable[Limit]]) -> tuple[Limit, ...]:
    """One limit a key; a later layer's word counts."""
    return tuple({limit.key: limit for layer in layers for limit in layer}.values())


def _flat(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, entry in table.items():
        if f"{key}." == FACTOR and isinstance(entry, Mapping):
            yield from ((FACTOR + name, inner) for name, inner in entry.items())
        else:
            yield key, entry


def _limit(key: str, entry: object, origin: str) -> Limit:
    if key not in keys():
        raise WrongUse(f"{origin}: there is no budget called {key!r}", hint=did_you_mean(key, keys()))
    if not isinstance(entry, Mapping):
        raise WrongUse(f"{origin}: the budget {key} is {entry!r}, not a table", hint=_EXAMPLE)
    for name in entry:
        if name not in ("max", "level"):
            raise WrongUse(
                f"{origin}: the budget {key} has no {name!r}", hint=did_you_mean(name, ("max", "level"))
            )
    most, level = entry.get("max"), entry.get("level", "error")
    if isinstance(most, bool) or not isinstance(most, int | float) or not _sensible(most):
        raise WrongUse(f"{origin}: the budget {key} needs a max above 0, not {most!r}", hint=_EXAMPLE)
    if level not in _LEVELS:
        raise WrongUse(f"{origin}: the level of {key} is {level!r}", hint=f"It is {' or '.join(_LEVELS)}.")
    return Limit(key=key, max=float(most), level=level, origin=origin)


def _sensible(most: float) -> bool:
    """A file's whole number may be larger than any other."""
    return 0 < most <= sys.float_info.max
