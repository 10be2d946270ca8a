"""What no run can have measured: entries that only a damaged or an edited recording holds.

A file for each family of entries, exporting CHECKS. Adding a file adds its checks; entries of a kind that has
none are taken as they are.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

from gapprof.records.recording import Entry

E = TypeVar("E")


@dataclass(frozen=True, kw_only=True)
class Check(Generic[E]):
    """Of one kind of entry."""

    kind: type[E]
    wrong: Callable[[E], str]
    """What is wrong with one; empty: nothing."""


def impossible(entry: Entry) -> str:
    """What is wrong with it; empty: nothing."""
    wrong = _checks().get(type(entry))
    return "" if wrong is None else wrong(entry)


@cache
def _checks() -> Mapping[type[Any], Callable[[Any], str]]:
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {check.kind: check.wrong for module in modules for check in module.CHECKS}
