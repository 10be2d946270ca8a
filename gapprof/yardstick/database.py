"""Schedules that were found before, in a file: by processor, engine, target and shape. Shareable."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gapprof.kernels.family import Tile
from gapprof.own_kernels import database as shared
from gapprof.records.twins import Schedule
from gapprof.yardstick.machines import machine_of
from gapprof.yardstick.shapes import family_of, shape_of
from gapprof.yardstick.tuning import Tuned

NAME = "kernels.json"
_HINT = "Give --db a file that `gapprof kernels` wrote, or one that does not exist yet."


class Entry(Struct, frozen=True, kw_only=True):
    """The best schedule of one shape on one processor in one browser."""

    cpu: str
    """See `measure.machine.processor`; the brand alone in files of before, which hold for no other name."""
    browser: str
    """The engine with its build: a browser, or LLVM for native code."""
    target: str
    shape: str
    schedule: Schedule


class Database(Struct, frozen=True, kw_only=True):
    """The whole file."""

    schema: Literal["gapprof/kernel-db"] = "gapprof/kernel-db"
    schema_version: Literal["1.0"] = "1.0"
    entries: tuple[Entry, ...] = ()


def read(path: Path) -> Database:
    """What the file holds; nothing, where there is none. Raises WrongUse for a file that is no database."""
    return shared.read(path, empty=Database(), called="kernel database", hint=_HINT)


def known(database: Database, targets: Iterable[str], *, cpu: str, engine: str) -> Tuned:
    """What holds here. A schedule that this gapprof would not try is one of another version: left out."""
    found: dict[str, dict[str, Tile]] = {target: {} for target in targets}
    for entry in database.entries:
        if (entry.cpu, entry.browser) == (cpu, engine) and entry.target in found and _is_tried(entry):
            found[entry.target][entry.shape] = Tile(*entry.schedule)
    return found


def extended(database: Database, tuned: Tuned, *, cpu: str, engine: str) -> Database:
    """With what was found here; older entries of the same keys make way."""
    ours = tuple(
        Entry(
            cpu=cpu,
            browser=engine,
            target=target,
            shape=shape,
            schedule=(tile.rows, tile.vectors, tile.unroll, tile.depth),
        )
        for target, tiles in tuned.items()
        for shape, tile in tiles.items()
    )
    return Database(entries=shared.renewed(database.entries, ours, _key))


def _is_tried(entry: Entry) -> bool:
    try:
        shape = shape_of(entry.shape)
        tiles = family_of(shape).tiles(shape, machine_of(entry.target))
    except (msgspec.DecodeError, ValueError, ArithmeticError):
        return False
    return Tile(*entry.schedule) in tiles


def _key(entry: Entry) -> tuple[str, str, str, str]:
    return entry.cpu, entry.browser, entry.target, entry.shape
