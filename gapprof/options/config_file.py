"""The nearest configuration file: `gapprof.toml`, or a pyproject.toml with a `[tool.gapprof]` table."""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gapprof.errors import WrongUse

_OWN, _SHARED = "gapprof.toml", "pyproject.toml"
_HINT = "Mend it, or run gapprof from another folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """What one file says to gapprof."""

    path: Path
    table: dict[str, Any]

    @property
    def name(self) -> str:
        """As a person in the working directory would call it."""
        return from_here(self.path)


def find_config(start: Path | None = None) -> ConfigFile | None:
    """From the working directory upwards, the first folder that has one; gapprof.toml goes before pyproject.

    A pyproject.toml that says nothing to gapprof is passed over. Raises WrongUse for what cannot be read.
    """
    for folder in _upwards(start):
        own, shared = folder / _OWN, folder / _SHARED
        if _is_file(own):
            return ConfigFile(path=own, table=_read(own))
        if _is_file(shared):
            table = _section(_read(shared), shared)
            if table is not None:
                return ConfigFile(path=shared, table=table)
    return None


def from_here(path: Path) -> str:
    """A path seen from the working directory; absolute where no way leads there."""
    try:
        return os.path.relpath(path)
    except (ValueError, OSError):  # another drive; a working directory that was removed
        return str(path)


def _upwards(start: Path | None) -> Iterator[Path]:
    try:
        here = (start or Path.cwd()).absolute()
    except OSError:  # the working directory was removed
        return
    yield from (here, *here.parents)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that one may pass through and not look into
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongUse(f"{from_here(path)} cannot be read: {error.strerror}", hint=_HINT) from error
    except (ValueError, RecursionError) as error:  # a whole number of 5,000 digits is no TOMLDecodeError
        raise WrongUse(f"{from_here(path)} is not TOML: {error}", hint=_HINT) from error


def _section(document: dict[str, Any], path: Path) -> dict[str, Any] | None:
    tools = document.get("tool")
    found = tools.get("gapprof") if isinstance(tools, dict) else None
    if found is not None and not isinstance(found, dict):
        raise WrongUse(f"{from_here(path)}: tool.gapprof is {found!r}, not a table", hint=_HINT)
    return found
