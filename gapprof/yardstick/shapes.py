"""Shapes of twins as text, and back: what recordings and kernel databases know them by."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

import gapprof.kernels.families
from gapprof import registry
from gapprof.kernels.family import Family


@cache
def families() -> dict[str, Family]:
    """Every family by the tag of its shapes."""
    return dict(registry.load(gapprof.kernels.families, "FAMILY"))


def family_of(shape: msgspec.Struct) -> Family:
    """The family whose shape it is."""
    return families()[str(shape.__struct_config__.tag)]


def key_of(shape: msgspec.Struct) -> str:
    """The shape as JSON, in one spelling."""
    return msgspec.json.encode(shape).decode()


def shape_of(key: str) -> Any:
    """The shape again. Raises msgspec.ValidationError for a text that is none."""
    return _decoder().decode(key)


def described(parts: Sequence[str]) -> str:
    """What the loop nests of a node compute; those that only prepare an operand go without saying."""
    shapes = [shape_of(part) for part in parts]
    main = [shape for shape in shapes if not family_of(shape).prepares] or shapes
    return " + ".join(family_of(shape).words(shape) for shape in main)


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    kinds: Any = families()
    union: Any = None
    for family in kinds.values():
        union = family.kind if union is None else union | family.kind
    return msgspec.json.Decoder(union)
