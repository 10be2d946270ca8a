"""Every graph input with a whole shape: from the model, from the user, or from a stated default."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gapprof.errors import GapprofError, ModelUnusable, WrongUse
from gapprof.records.model import TensorSpec
from gapprof.subject import limits
from gapprof.subject.declared import Declared, listing

_DEFAULTS = (
    ("batch", 1),
    ("bs", 1),
    ("n", 1),
    ("beam", 1),
    ("past", 64),
    ("cache", 64),
    ("encoder", 128),
    ("height", 224),
    ("width", 224),
    ("h", 224),
    ("w", 224),
    ("seq", 128),
    ("token", 128),
    ("length", 128),
    ("time", 128),
    ("frame", 128),
    ("samples", 16000),
)
"""Part of a dimension's name → its default; up to two letters must match whole. The first match counts."""
_ONE_STEP = ("seq", "token", "length")
"""Beside a cache of past tokens these are one token long: a decoder makes one step."""
_OTHERWISE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The shape of one input as the user gave it. `source` says where: `--shape` or a file name."""

    source: str
    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Inputs with whole shapes, the value of each named dimension, and which of them nobody stated."""

    inputs: tuple[TensorSpec, ...]
    symbols: dict[str, int]
    assumed: dict[str, int]


def resolve(declared: Mapping[str, Declared], stated: Iterable[Stated]) -> Resolved:
    """Give every free dimension one value; the same name has the same value everywhere.

    Raises WrongUse for stated shapes that do not fit the model or the limits, else ModelUnusable beyond them.
    """
    symbols: dict[str, int] = {}
    stated = tuple(stated)
    for shape in stated:
        _bind(shape, declared, symbols)
    assumed: dict[str, int] = {}
    free = [dim for value in declared.values() for dim in value.dims if isinstance(dim, str)]
    cached = any(map(_is_cache, free))
    for dim in sorted(free, key=_is_sum):  # stable: parts before sums, else in the model's order
        if dim not in symbols:
            value = _sum_of_known(dim, symbols)
            symbols[dim] = assumed[dim] = _default(dim, cached) if value is None else value
    inputs = tuple(
        TensorSpec(
            name=name,
            dtype=value.dtype,
            shape=tuple(symbols[dim] if isinstance(dim, str) else dim for dim in value.dims),
        )
        for name, value in declared.items()
    )
    _bound_bytes(inputs, by_the_user=bool(stated))
    return Resolved(inputs=inputs, symbols=symbols, assumed=assumed)


def past_length(symbols: Mapping[str, int]) -> int:
    """Tokens that a cache among the inputs already holds."""
    return max((size for name, size in symbols.items() if _is_cache(name)), default=0)


def _bind(stated: Stated, declared: Mapping[str, Declared], symbols: dict[str, int]) -> None:
    hint, source, name = listing(declared), stated.source, stated.name
    if name not in declared:
        raise WrongUse(f"{source} names {name!r}, which is no input of the model", hint=hint)
    dims = declared[name].dims
    if len(stated.shape) != len(dims):
        raise WrongUse(
            f"{source} gives {name!r} {len(stated.shape)} dimensions, the model gives it {len(dims)}",
            hint=hint,
        )
    for dim, value in zip(dims, stated.shape, strict=True):
        if value < 0 or (value == 0 and source == "--shape"):
            raise WrongUse(f"{source} gives {name!r} the dimension {value}; it must be 1 or more", hint=hint)
        if isinstance(dim, int) and dim != value:
            raise WrongUse(f"{source} gives {name!r} {value} where the model has a fixed {dim}", hint=hint)
        if isinstance(dim, str) and symbols.setdefault(dim, value) != value:
            raise WrongUse(
                f"{source} gives the dimension {dim!r} a second value, {value} beside {symbols[dim]}",
                hint=f"One name is one size everywhere. {hint}",
            )


def _is_sum(dim: str) -> bool:
    return "+" in dim or "total" in dim.lower()


def _is_cache(dim: str) -> bool:
    lowered = dim.lower()
    return ("past" in lowered or "cache" in lowered) and not _is_sum(dim)


def _sum_of_known(dim: str, symbols: Mapping[str, int]) -> int | None:
    """`past_sequence_length + 1` as exporters write it, and `total_…` as past and present together."""
    terms = [term.strip() for term in dim.split("+")]
    if len(terms) > 1 and all(term.isdecimal() or term in symbols for term in terms):
        return sum(int(term) if term.isdecimal() else symbols[term] for term in terms)
    if "total" in dim.lower():
        parts = {name: size for name, size in symbols.items() if not _is_sum(name)}
        past = [size for name, size in parts.items() if _is_cache(name)]
        now = [size for name, size in parts.items() if "seq" in name.lower() and not _is_cache(name)]
        if past and now:
            return past[0] + now[0]
    return None


def _default(dim: str, cached: bool) -> int:
    """The stated default; a dimension without a name is called after its input and decides by its side."""
    lowered = dim.lower()
    if lowered.endswith("]"):
        lowered = lowered[lowered.rindex("[") + 1 : -1]
    for part, size in _DEFAULTS:
        if part in lowered if len(part) > 2 else part == lowered:
            return 1 if cached and part in _ONE_STEP else size
    return _OTHERWISE


def _bound_bytes(inputs: tuple[TensorSpec, ...], *, by_the_user: bool) -> None:
    size_bytes = sum(math.prod(spec.shape) * np.dtype(spec.dtype).itemsize for spec in inputs)
    if size_bytes > limits.INPUT_BYTES:
        whose: type[GapprofError] = WrongUse if by_the_user else ModelUnusable
        raise whose(
            f"the inputs of one run would take {size_bytes / 2**30:,.1f} GiB",
            hint=f"gapprof feeds up to {limits.INPUT_BYTES >> 30} GiB; give smaller dimensions with --shape.",
        )
