"""What a call of a recording makes and uses, from the types of its fields."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec import Struct, inspect


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One object or blob that a call is about."""

    number: int
    kind: str
    """`buffer`, `pipeline`, `blob`, ..."""
    makes: bool


_Walk = Callable[[Any], Iterator[Touch]]


def touched(call: Struct) -> Iterator[Touch]:
    """In order of the fields, those of nested values as well."""
    return _walk_of(type(call))(call)


@cache
def _walk_of(cls: type[Struct]) -> _Walk:
    found = inspect.type_info(cls)
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{cls.__name__} is no struct")
    return _walk(found) or (lambda _: iter(()))


def _walk(found: inspect.Type) -> _Walk | None:
    """How to go through a value of that type; None: there is never anything in it."""
    match found:
        case inspect.Metadata():
            return _named(found.extra or {}) or _walk(found.type)
        case inspect.StructType():
            parts = [(field.name, walk) for field in found.fields if (walk := _walk(field.type))]
            return _through_fields(parts) if parts else None
        case inspect.VarTupleType():
            item = _walk(found.item_type)
            return _through_items(item) if item else None
        case inspect.UnionType():
            ways = [walk for member in found.types if (walk := _walk(member))]
            return _unless_none(ways[0]) if ways else None
        case _:
            return None


def _named(extra: dict[str, Any]) -> _Walk | None:
    for word in ("makes", "uses"):
        if word in extra:
            return _one(str(extra[word]), makes=word == "makes")
    return None


def _one(kind: str, *, makes: bool) -> _Walk:
    def walk(value: Any) -> Iterator[Touch]:
        yield Touch(number=value, kind=kind, makes=makes)

    return walk


def _through_fields(parts: list[tuple[str, _Walk]]) -> _Walk:
    def walk(value: Any) -> Iterator[Touch]:
        for name, inner in parts:
            yield from inner(getattr(value, name))

    return walk


def _through_items(item: _Walk) -> _Walk:
    def walk(value: Any) -> Iterator[Touch]:
        for one in value:
            yield from item(one)

    return walk


def _unless_none(way: _Walk) -> _Walk:
    def walk(value: Any) -> Iterator[Touch]:
        if value is not None:
            yield from way(value)

    return walk
