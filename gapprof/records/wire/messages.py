"""What a message between Python and the page may be: a task, or an answer to one.

The folder is the list, with the GPU's messages in a file beside it: nothing else names them all.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from msgspec import Struct

from gapprof.records import gpu_wire, wire

TAG = "kind"
"""The field that says which message it is; what lies inside of messages has none."""
_TASK = "Task"


def tasks() -> tuple[type[Struct], ...]:
    """Everything that a page may be asked for, by file and in a file as it is written there."""
    return tuple(found for found in _messages() if found.__name__.endswith(_TASK))


def answers() -> tuple[type[Struct], ...]:
    """Everything that may come of it, in the same order."""
    return tuple(found for found in _messages() if not found.__name__.endswith(_TASK))


def _messages() -> Iterator[type[Struct]]:
    names = sorted(module.name for module in pkgutil.iter_modules(wire.__path__))
    for name in names:
        yield from _declared_in(importlib.import_module(f"{wire.__name__}.{name}"))
    yield from _declared_in(gpu_wire)


def _declared_in(module: ModuleType) -> Iterator[type[Struct]]:
    for found in vars(module).values():
        if (
            isinstance(found, type)
            and issubclass(found, Struct)
            and found.__module__ == module.__name__
            and found.__struct_config__.tag_field == TAG
        ):
            yield found
