"""What unit tests of several folders share.

gapprof is imported when it is wanted, and not before a platform could be faked.
"""

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gapprof.engine import Engine
    from gapprof.records.subject import Subject

OfTheZoo = Callable[[str], "Subject"]


@pytest.fixture(scope="module")
def engine() -> "Iterator[Engine]":
    """A Node that carries out the page's tasks."""
    from gapprof import assets
    from gapprof.engine import running
    from gapprof.guard import Guard

    script = assets.probes_web() / "engine.mjs"
    with Guard() as guard, running(assets.node(), script, guard=guard, deadline_s=300) as engine:
        yield engine


@pytest.fixture(scope="session")
def of_the_zoo(tmp_path_factory: pytest.TempPathFactory) -> OfTheZoo:
    """A model of the zoo by its name, opened once for whoever reads it."""
    from gapprof.subject.open import open_subject

    def opened(name: str) -> "Subject":
        folder = tmp_path_factory.mktemp(name)
        return open_subject(f"zoo:{name}", shapes={}, inputs=None, seed=0, workdir=folder)

    return functools.cache(opened)
