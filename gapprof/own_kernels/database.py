"""What was tuned before, in a file that runs share: read and written whole, entries renewed by their keys."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from gapprof.errors import EnvironmentUnusable, WrongUse
from gapprof.files import write_atomically
from gapprof.measure.journal import Journal

D = TypeVar("D", bound=msgspec.Struct)
E = TypeVar("E")


def read(path: Path, *, empty: D, called: str, hint: str) -> D:
    """What the file holds; `empty`, where there is none. Raises WrongUse for a file that is no database."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return empty
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    try:
        return msgspec.json.decode(data, type=type(empty))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongUse(f"{path} is no {called}: {error}", hint=hint) from error


def write(path: Path, database: msgspec.Struct) -> None:
    """Whole or not at all. Raises WrongUse or EnvironmentUnusable."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(database), indent=1) + b"\n")


def renewed(old: Iterable[E], new: Sequence[E], key: Callable[[E], tuple[str, ...]]) -> tuple[E, ...]:
    """All entries in order; old ones of the same keys make way."""
    keys = {key(entry) for entry in new}
    return tuple(sorted((*(entry for entry in old if key(entry) not in keys), *new), key=key))


def kept(journal: Journal, keep: Callable[[], None]) -> None:
    """A disk that takes no database is no reason to measure nothing."""
    try:
        keep()
    except (EnvironmentUnusable, WrongUse) as error:
        journal.note("report", f"What was tuned could not be kept: {error.message}")
