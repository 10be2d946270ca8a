"""The ladders: a folder for each web backend, one file per rung, pure data. Adding a file adds a rung."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from gapprof.records.rung import Rung
from gapprof.registry import load


def backends() -> tuple[str, ...]:
    """Web backends that there is a ladder to."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__) if info.ispkg))


def ladder(backend: str) -> Mapping[str, Rung]:
    """Rung id → rung, of the ladder that leads to a page which runs models on this web backend."""
    return load(import_module(f"{__name__}.{backend}"), "RUNG")
