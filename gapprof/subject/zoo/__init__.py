"""Reference models: real architectures, seeded weights, one file each. Adding a file adds a model."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gapprof import registry
from gapprof.errors import WrongUse
from gapprof.text.suggestion import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooModel:
    """One architecture. `save` writes the model, and its external data beside it, always the same bytes."""

    id: str
    title: str
    save: Callable[[Path], None]


def names() -> tuple[str, ...]:
    """The ids that `zoo:NAME` takes, sorted."""
    return tuple(sorted(models()))


def models() -> Mapping[str, ZooModel]:
    """Every model of the zoo by its id."""
    return registry.load(sys.modules[__name__], "MODEL")


def known(name: str) -> None:
    """Raises WrongUse for a name that the zoo does not have, with the closest one."""
    if name not in names():
        raise WrongUse(f"there is no zoo model called {name!r}", hint=did_you_mean(name, names()))


def build(name: str, folder: Path) -> Path:
    """Write the model into `folder` as NAME.onnx; raises WrongUse for a name that the zoo does not have."""
    known(name)
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.onnx"
    models()[name].save(path)
    return path
