"""Checks of recorded entries: a kind that two files check would lose one of the two."""

import pkgutil
from importlib import import_module
from typing import get_args

import gapprof.records.impossible as package
from gapprof.records.recording import Entry

NAMES = [f"{package.__name__}.{info.name}" for info in pkgutil.iter_modules(package.__path__)]
KINDS = [check.kind for name in NAMES for check in import_module(name).CHECKS]


def test_what_is_checked_is_an_entry() -> None:
    assert KINDS
    assert set(KINDS) <= set(get_args(Entry))


def test_a_kind_of_entry_is_checked_in_one_place() -> None:
    assert sorted(kind.__name__ for kind in set(KINDS)) == sorted(kind.__name__ for kind in KINDS)
