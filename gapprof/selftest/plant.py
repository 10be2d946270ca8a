"""A plant: a cause made on purpose, the A/B that says how large it is, and what must be found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from gapprof.records.settings import Settings

CLEAN = "clean"
"""Id of the ladder without a plant, which others are compared with."""
AS_IS = "as-is"
"""As `Setting.graph`: the original file, loaded with every optimisation off."""
SCALAR_118: Literal["1.18-scalar"] = "1.18-scalar"
UNTOUCHED = Settings(threads=1, where="worker", rungs="main")
"""A page that does everything right, but for the second thread: with one, noise is smallest."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One environment of a direct A/B: a rung's own, with some fields of its setting changed."""

    rung: str
    change: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The direct A/B: two environments that differ in the one thing that was planted."""

    planted: Leg
    without: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """A cause must be found, as large on the web's side of the ladder as the A/B says."""

    cause: str
    child: str
    between: tuple[str, str]
    """The step of the ladder that this child must take its saving from."""
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinks:
    """A cause must be smaller than on the clean ladder, by as much as the A/B says."""

    cause: str
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No cause, no residual and no gap may be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """Load from outside must be told, and these causes must not be larger than on the ladder without it."""

    not_blamed: tuple[str, ...]


Expectation = Costs | Shrinks | Nothing | Flagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """One environment under several rungs; every rung between two of them is an alias."""

    of: str
    """The rung whose environment it is."""
    rungs: tuple[str, ...]
    """From the first rung of the ladder on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What is done to a ladder, and what a report of it must say."""

    id: str
    title: str
    expects: tuple[Expectation, ...]
    settings: Settings = UNTOUCHED
    page: str = ""
    """HTML of a page of its own, which takes the place of the quiet one."""
    web_dist: Literal["", "1.18-scalar"] = ""
    """Which onnxruntime-web is served; empty: the pinned one."""
    side: tuple[str, ...] = ()
    """Side rungs that the report needs."""
    without: tuple[str, ...] = ()
    """Rungs of the chain that its rows do without, as on a machine that cannot give them."""
    visited_as: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    """Rung → fields of its setting that are really others, which the ladder does not know."""
    twins: Twins | None = None
    under_load: bool = False
    """Other programs keep every core busy during all of its visits."""
    quick: bool = False
    """Part of `--quick`."""
    least_cores: int = 1
