"""Plug-ins are files: every module of a plug-in folder exports one constant, and the folder is the list."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def load(package: ModuleType, constant: str) -> Mapping[str, Any]:
    """Return `{plug-in id: plug-in}` for a folder, sorted by module name.

    Raises ImportError when a module lacks the constant, and ValueError when two plug-ins share an id.
    """
    found: dict[str, Any] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        plugin = getattr(module, constant, None)
        if plugin is None:
            raise ImportError(f"{module.__name__} is in a plug-in folder but exports no {constant}")
        if plugin.id in found:
            raise ValueError(f"two plug-ins of {package.__name__} are called {plugin.id!r}")
        found[plugin.id] = plugin
    return found
