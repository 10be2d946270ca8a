"""Values of nodes, held once however often they come: a large graph has few different ones.

A decoder makes each text and time anew, for every node of every profile. Shared as soon as they are made,
they leave no gaps in memory either, which an allocator could not give back.
"""

import sys
from collections.abc import Hashable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import force_setattr

T = TypeVar("T", bound=Hashable)
_MOST = 4096
"""Known at a time; then it begins anew. Times are whole microseconds, of most nodes a few."""
_known: dict[Hashable, Any] = {}


def texts_held_once(record: Struct, *fields: str) -> None:
    """For its `__post_init__`: these fields from then on hold texts that all others share."""
    for field in fields:
        force_setattr(record, field, sys.intern(getattr(record, field)))


def held_once(value: T) -> T:
    """The one that is held of those that equal this one, if any is known."""
    if len(_known) >= _MOST:
        _known.clear()
    known: T = _known.setdefault(value, value)
    return known


def times_held_once(times: tuple[float, ...]) -> tuple[float, ...]:
    """The same of a row of times, and of each of them."""
    known: tuple[float, ...] | None = _known.get(times)
    return held_once(tuple(held_once(float(time)) for time in times)) if known is None else known
