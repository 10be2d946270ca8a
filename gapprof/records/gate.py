"""A report held against budgets: what `check --json` writes."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.report import Model

SCHEMA = "gapprof/check"
SCHEMA_VERSION = "1.0"

Level = Literal["error", "warn"]
Holding = Literal["holds", "unclear", "exceeded", "unknown", "not-applicable"]

Rule = Literal["interval", "point"]


class Limit(Struct, frozen=True, kw_only=True):
    """The most that one figure of a report may be."""

    key: str
    """`total_ratio`, `web_ms`, `native_ms`, or `factor.` and a cause or `residual`."""
    max: float
    level: Level = "error"
    """What is exceeded at level `warn` is said and fails nothing."""
    origin: str
    """Who set it: a file, or an option."""


class Judged(Struct, frozen=True, kw_only=True):
    """A limit and what came of it."""

    limit: Limit
    title: str
    figure: Estimate | None
    verdict: Holding
    """`unclear`: above the limit, but its interval reaches below, or it is of one round and has none.
    `unknown`: the report has no figure."""
    why: str


class Gate(Struct, frozen=True, kw_only=True):
    """All budgets of one report. Made by `gapprof.budgets.judge`; pure data."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    headline: str
    exit_code: int
    rule: Rule
    """What must be above the limit: the whole `interval`, or, under --strict, the `point`."""
    model: Model
    report_status: str
    report_status_why: str
    budgets: tuple[Judged, ...]
