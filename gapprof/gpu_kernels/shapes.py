"""Shapes that have compute shaders, as text and back: what recordings and databases know them by."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

import gapprof.gpu_kernels.families
from gapprof import registry
from gapprof.gpu_kernels.family import Family


@cache
def families() -> dict[str, Family]:
    """Every family by the tag of its shapes."""
    return dict(registry.load(gapprof.gpu_kernels.families, "FAMILY"))


def family_of(shape: msgspec.Struct) -> Family:
    """The family whose shape it is. KeyError for a kind that has no shader."""
    return families()[str(shape.__struct_config__.tag)]


def key_of(shape: msgspec.Struct) -> str:
    """The shape as JSON, in one spelling."""
    return msgspec.json.encode(shape).decode()


def shape_of(key: str) -> Any:
    """The shape again. Raises msgspec.ValidationError for a text that is none."""
    return _decoder().decode(key)


def described(parts: Sequence[str]) -> str:
    """What the shaders of a node compute."""
    shapes = [shape_of(part) for part in parts]
    return " + ".join(family_of(shape).words(shape) for shape in shapes)


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    union: Any = None
    for family in families().values():
        union = family.kind if union is None else union | family.kind
    return msgspec.json.Decoder(union)
