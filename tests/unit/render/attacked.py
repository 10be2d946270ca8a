"""A document in which every text that a stranger can choose is an attack.

Field by field, by their types: what comes later is attacked as well, without a word here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

OURS = frozenset(
    {
        "backend",
        "backend_tried",
        "cell",
        "default",
        "deployed",
        "id",
        "kind",
        "other",
        "rung",
        "schema",
        "schema_version",
        "stage",
    }
)
"""Fields with words of gapprof's own, by which formats choose what they draw. Literals are that anyway."""
NAMED_BY_STRANGERS = frozenset({"operators", "optimised_before", "session_options", "shapes"})
"""Fields whose keys are a stranger's as well."""

Document = TypeVar("Document", bound=Struct)


def attacked(document: Document, attack: str) -> Document:
    """The same document, and what it lacks of texts is there."""
    hints = _hints(type(document))
    return replace(
        document,
        **{
            name: _attacked(getattr(document, name), hints[name], attack, keys=name in NAMED_BY_STRANGERS)
            for name in document.__struct_fields__
            if name not in OURS
        },
    )


@cache
def _hints(kind: type[Struct]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _attacked(value: Any, hint: Any, attack: str, *, keys: bool) -> Any:
    match value:
        case Struct():
            return attacked(value, attack)
        case dict():
            inner = get_args(hint)[1] if get_origin(hint) is dict else hint
            return {
                attack if keys else key: _attacked(one, inner, attack, keys=False)
                for key, one in value.items()
            }
        case tuple() if not value and get_args(hint) == (str, ...):
            return (attack,)
        case tuple() | list():
            return type(value)(_attacked(one, hint, attack, keys=False) for one in value)
        case str() | None if _takes_text(hint):
            return attack
        case _:
            return value


def _takes_text(hint: Any) -> bool:
    return hint is str or hint is Any or any(map(_takes_text, get_args(hint)))
