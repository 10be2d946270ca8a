"""A rung: one environment, and the one thing it changes against its parent."""

from typing import Literal

from msgspec import Struct

from gapprof.records.environment import Environment


class Rung(Struct, frozen=True, kw_only=True):
    """One step of the ladder, as pure data.

    `role` is `main` for the chain from `native` to `web`, `square` for the corner of the
    layout x instructions square that the chain goes around, `side` for evidence and what-ifs.
    """

    id: str
    title: str
    environment: Environment
    derived_from: str | None = None
    changes: str | None = None
    role: Literal["main", "square", "side"] = "side"
    informs: str = ""
    """Side rungs: the cause it is evidence for; the largest causes get their side rungs first."""
