"""What changed between two reports: what `compare --json` writes."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.report import Model

SCHEMA = "gapprof/comparison"
SCHEMA_VERSION = "1.0"

Moved = Literal["grew", "shrank", "unclear", "no-change", "not-compared", "not-applicable"]
"""`unclear`: its own 95 % interval leaves out 1, which among so many rows may be chance."""


class Side(Struct, frozen=True, kw_only=True):
    """One of the two reports, in short."""

    headline: str
    status: str
    status_why: str
    began_utc: str
    gapprof_version: str
    rounds: int


class Difference(Struct, frozen=True, kw_only=True):
    """Something that is not the same in both, in words."""

    what: str
    before: str
    after: str


class Change(Struct, frozen=True, kw_only=True):
    """One figure before and after. `factor` is after / before, over two independent runs."""

    id: str
    """`web`, `native`, `gap`, `residual`, or the id of a cause or of a child of one."""
    title: str
    unit: Literal["ms", "times"]
    before: Estimate | None
    after: Estimate | None
    factor: Estimate | None
    verdict: Moved
    resolves: float | None
    """The smallest factor that would have been called a change."""
    why: str
    """Why it was not compared, or applies to neither run; empty where it was."""
    children: tuple["Change", ...] = ()


class Comparison(Struct, frozen=True, kw_only=True):
    """Two reports of one model, the earlier one first. Made by `gapprof.comparison.build`; pure data."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    headline: str
    model: Model
    before: Side
    after: Side
    strangers: tuple[Difference, ...]
    """How model, machine and versions differ; empty unless the user allowed that."""
    settings: tuple[Difference, ...]
    """What the second run was asked differently, which is a fine reason for a change."""
    level: float
    """At which each verdict is decided, so that all of them hold together with 95 %."""
    latencies: tuple[Change, ...]
    """`web`, then `native`."""
    gap: Change
    causes: tuple[Change, ...]
    residual: Change
    doubts: tuple[str, ...]
