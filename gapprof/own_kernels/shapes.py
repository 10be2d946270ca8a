"""Shapes of kernels as text, and back: what recordings and databases know them by."""

from collections.abc import Callable, Iterable
from functools import cached_property
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from gapprof import registry


class Family(Protocol):
    """What a family says of its shapes, whatever else it offers."""

    @property
    def kind(self) -> type[msgspec.Struct]:
        """Of all its shapes."""

    @property
    def words(self) -> Callable[[Any], str]:
        """What is computed, in a few words."""


F = TypeVar("F", bound=Family)


class Shapes(Generic[F]):
    """Those of one package of families, which is read when it is first asked for."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package

    @cached_property
    def _families(self) -> dict[str, F]:
        return dict(registry.load(self._package, "FAMILY"))

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        union: Any = None
        for family in self._families.values():
            union = family.kind if union is None else union | family.kind
        return msgspec.json.Decoder(union)

    def families(self) -> dict[str, F]:
        """Every family by the tag of its shapes."""
        return self._families

    def family_of(self, shape: msgspec.Struct) -> F:
        """The family whose shape it is. KeyError for a kind that has none."""
        return self._families[str(shape.__struct_config__.tag)]

    @staticmethod
    def key_of(shape: msgspec.Struct) -> str:
        """The shape as JSON, in one spelling."""
        return msgspec.json.encode(shape).decode()

    def shape_of(self, key: str) -> Any:
        """The shape again. Raises msgspec.ValidationError for a text that is none."""
        return self._decoder.decode(key)

    def described(self, shapes: Iterable[msgspec.Struct]) -> str:
        """What is computed by one after another."""
        return " + ".join(self.family_of(shape).words(shape) for shape in shapes)
