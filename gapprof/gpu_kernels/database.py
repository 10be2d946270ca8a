"""Choices that were found before, in a file: by adapter, browser build and shape. Shareable."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gapprof.gpu_kernels.family import Choice, Limits, tried
from gapprof.gpu_kernels.shapes import family_of, shape_of
from gapprof.own_kernels import database as shared

NAME = "gpu-kernels.json"
Chosen = Mapping[str, Choice]
"""Shape → its best choice."""
_HINT = "Give --db a file that `gapprof kernels --backend webgpu` wrote, or one that does not exist yet."


class Entry(Struct, frozen=True, kw_only=True):
    """The best choice for one shape on one adapter in one browser."""

    adapter: str
    browser: str
    shape: str
    choice: Choice


class Database(Struct, frozen=True, kw_only=True):
    """The whole file."""

    schema: Literal["gapprof/gpu-kernel-db"]
    schema_version: Literal["1.0"] = "1.0"
    entries: tuple[Entry, ...] = ()


EMPTY = Database(schema="gapprof/gpu-kernel-db")


def read(path: Path) -> Database:
    """What the file holds; nothing, where there is none. Raises WrongUse for a file that is no database."""
    return shared.read(path, empty=EMPTY, called="database of compute shaders", hint=_HINT)


def known(database: Database, *, adapter: str, browser: str, limits: Limits) -> dict[str, Choice]:
    """What holds here. A choice that this gapprof would not try is one of another version: left out."""
    return {
        entry.shape: entry.choice
        for entry in database.entries
        if (entry.adapter, entry.browser) == (adapter, browser) and _is_tried(entry, limits)
    }


def extended(database: Database, chosen: Chosen, *, adapter: str, browser: str) -> Database:
    """With what was found here; older entries of the same keys make way."""
    ours = tuple(
        Entry(adapter=adapter, browser=browser, shape=shape, choice=choice)
        for shape, choice in chosen.items()
    )
    return Database(schema=database.schema, entries=shared.renewed(database.entries, ours, _key))


def _is_tried(entry: Entry, limits: Limits) -> bool:
    try:
        shape = shape_of(entry.shape)
        return entry.choice in tried(family_of(shape), shape, limits)
    except (msgspec.DecodeError, ValueError, ArithmeticError):
        return False


def _key(entry: Entry) -> tuple[str, str, str]:
    return entry.adapter, entry.browser, entry.shape
